"""What a clearing of whole collections consists of, where single records can't be deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..model.step import Step


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """Files of a store as they were before it was cleared.

    Attributes:
        root: the directory that holds them, under the paths that they have in the store.
        undo: what the store noted of the clearing, as JSON.
    """

    root: Path
    undo: Mapping[str, Any]


class WholeClearing(Protocol):
    """How whole collections of a store are cleared."""

    @property
    def root(self) -> Path:
        """The directory of the store."""

    @property
    def paths(self) -> Sequence[str]:
        """The files and directories below it that are changed or removed."""

    @property
    def undo(self) -> dict[str, Any]:
        """What putting it back, or going on after a break, needs to know; as JSON, no secret."""

    @property
    def notes(self) -> Sequence[str]:
        """What the user should know before agreeing to it."""

    def prepare(self) -> None:
        """See that nobody else writes to the store, and remember how it is.

        Raises:
            StoreLocked: when somebody does.
        """

    def steps(self) -> list[Step]:
        """List the steps; each refuses a store that was changed since it was prepared."""
