"""Clearing by whole collections, where single records can't be deleted; no store's own code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ..model.errors import UnsupportedOperation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..model.selector import Selector
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


class ClearedWhole:
    """A store that may have to be cleared by whole collections; most are not."""

    def whole_clearing(self, selector: Selector) -> WholeClearing | None:  # noqa: ARG002 - most can delete records
        """Say how what a selector means is cleared; `None` where single records can be deleted.

        Raises:
            UnsupportedOperation: when it means a part of a collection.
        """
        return None

    def unfinished_clearing(self, undo: Mapping[str, Any]) -> list[Step]:  # noqa: ARG002 - as above
        """List what a clearing that broke off has left to do after all records were gone."""
        return []

    def put_back(self, kept: KeptFiles) -> list[Step]:  # noqa: ARG002 - most keep no files
        """List the steps that make files what they were before a clearing.

        Raises:
            Conflict: when something was changed since.
            UnsupportedOperation: when the store is not cleared by whole collections.
        """
        raise UnsupportedOperation(
            "the store takes no files back", hint="restore to the store that was cleared"
        )
