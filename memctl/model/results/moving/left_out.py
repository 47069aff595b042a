"""What a copy or a comparison left out of a store, and why, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ...errors import AllLeftOut

_WORDS: Final = {
    "no_group": ("without a group", "take rows without a group along with `--include-unscoped`"),
    "other_group": ("of other groups", "name the group whose rows are meant with `-g`"),
    "no_type": (
        "in collections without a memory type",
        "look with `memctl stats` which collections have no memory type",
    ),
}
"""How each reason is said, and what to do about it."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many of the records that were asked for were left out, by reason.

    What the crew or the types that were asked for exclude is not asked for.

    Attributes:
        no_group: rows without a group, where `--include-unscoped` was not given.
        other_group: rows of groups other than the one in force.
        no_type: rows of collections that have no memory type.
    """

    no_group: int = 0
    other_group: int = 0
    no_type: int = 0

    @property
    def total(self) -> int:
        """How many there are."""
        return self.no_group + self.other_group + self.no_type

    @property
    def reasons(self) -> str:
        """How many there are for each reason, in words."""
        return ", ".join(f"{getattr(self, each):,} {_WORDS[each][0]}" for each in self._found)

    def error(self, done: str, location: str) -> AllLeftOut:
        """Make the error for a store of which this is all.

        Args:
            done: what was not done with any of it: `copied` or `compared`.
            location: where the store lies.
        """
        return AllLeftOut(
            f"nothing was {done}: of `{location}` all was left out, {self.reasons}",
            hint=", or ".join(_WORDS[each][1] for each in self._found),
        )

    @property
    def _found(self) -> list[str]:
        return [each for each in _WORDS if getattr(self, each)]
