"""Which records a target refused while the others were written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...model.errors import WriteFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...backends.exchange import Failure
    from ...model.memory_type import MemoryType

_MOST: Final = 1000
"""A target that refuses so many, and takes fewer, is not asked for more."""
_NAMED: Final = 5


class Refusals:
    """What a target refused of one type.

    Args:
        location: the target's.
        memory_type: the type.
    """

    def __init__(self, location: str, memory_type: MemoryType) -> None:
        self._location = location
        self._memory_type = memory_type
        self._failed: dict[str, Failure] = {}

    def __bool__(self) -> bool:
        return bool(self._failed)

    def are_too_many(self, written: int) -> bool:
        """Return whether to stop: the target refuses many, and more than it takes."""
        return len(self._failed) >= _MOST and len(self._failed) > written

    def add(self, failed: Mapping[str, Failure]) -> None:
        """Note the records of a batch that were refused."""
        self._failed |= failed

    def error(self, written: int) -> WriteFailed:
        """Return what was refused and why, and how many others were written."""
        named = [
            f"`{each[:80]}`: {failure.message}"
            for each, failure in list(self._failed.items())[:_NAMED]
        ]
        left = len(self._failed) - len(named)
        if left:
            named.append(f"and {left} more")
        return WriteFailed(
            f"`{self._location}` took {written} of {written + len(self._failed)} "
            f"`{self._memory_type}` records; {'; '.join(named)}",
            hint="see why it refuses these, change or delete them in the source, and run the same "
            "command again to go on",
        )


def raise_all(errors: Sequence[WriteFailed]) -> None:
    """Raise what was refused of all types as one error, if anything was.

    Raises:
        WriteFailed: then.
    """
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise WriteFailed("; ".join(each.message for each in errors), hint=errors[0].hint)
