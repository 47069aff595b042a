"""Counts what is left where a clearing ended or broke off, and says it; deletes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from ..connect import open_selection
from ..operations.outcome import attempt, broken_off

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...backends.base import MemoryBackend
    from ...model.errors import MemctlError
    from ...model.memory_type import MemoryType
    from ..selection import Selection


class Part(Protocol):
    """What is cleared of one memory type."""

    @property
    def memory_type(self) -> MemoryType:
        """The type."""

    @property
    def deleted(self) -> int:
        """How many rows are gone: at least so many where they could not be counted."""

    @property
    def left(self) -> int | None:
        """How many rows are meant by now; `None` where they could not be counted."""

    @property
    def returned(self) -> int:
        """How many of those the store had taken the deletion of."""

    def count(self, backend: MemoryBackend) -> None:
        """Count what is left."""


def tell_deleted(
    selection: Selection,
    parts: Sequence[Part],
    cause: MemctlError,
    *,
    meant: str,
    restore: str | None = None,
) -> MemctlError:
    """Count what is left, and return the error that says it, and how much is gone.

    Args:
        selection: the store.
        parts: what was begun; none where it broke off before the first deletion.
        cause: what broke it off.
        meant: how many rows were to be deleted, and where they lie, for people.
        restore: the id of the backup, where one was made.
    """
    uncounted = _count_anew(selection, parts) if parts else None
    deleted = sum(each.deleted for each in parts)
    if uncounted is None:
        left = sum(each.left or 0 for each in parts)
        told = f"{deleted} of {meant} were deleted, {left} are left"
        told = told if deleted else "nothing was deleted"
    else:
        known = f"at least {deleted}" if deleted else "it is not known how many"
        told = (
            f"{known} of {meant} were deleted (how many are left can't be "
            f"counted: {uncounted.message})"
        )
    is_begun = deleted > 0 or uncounted is not None
    return broken_off(cause, told, is_begun=is_begun, restore=restore if is_begun else None)


def _count_anew(selection: Selection, parts: Sequence[Part]) -> MemctlError | None:
    """Count the parts in a store that is opened anew: what broke off may not tell the truth.

    Nobody is asked for a password again.

    Returns:
        Why they can't be counted, where that is so.
    """
    connecting = replace(selection.connecting, may_ask=False)

    def count() -> None:
        with open_selection(replace(selection, connecting=connecting)) as connection:
            for part in parts:
                part.count(connection.backend)

    return attempt(count)
