"""Copying a store as the files that it is, where both sides are this machine; no store's code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..model.step import Step
    from .base import MemoryBackend


class StoreFiles(Protocol):
    """The files of a store, which hold all that it holds."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings that a copy is to be read with, beside its place; as JSON, no secret."""

    @property
    def schema(self) -> Mapping[str, int]:
        """The schema level of each part."""

    def copy(self, directory: Path) -> None:
        """Copy one state of the store into a directory that is empty; it is on the disk then.

        Raises:
            StoreLocked: when another process writes to the store all the while.
            DiskFull: when there is no room.
        """


class KeptInFiles:
    """A store that may be copied as files; most are copied record by record."""

    def store_files(self) -> StoreFiles | None:
        """Give the store's files; `None` where records must be copied one by one."""
        return None

    def plan_files(
        self,
        source: MemoryBackend,  # noqa: ARG002 - most stores can't
        hashes: Mapping[str, str] | None = None,  # noqa: ARG002 - as above
    ) -> Step | None:
        """Give the step that makes this store, which holds no record, what another one is.

        Args:
            source: the other one; all of it is meant.
            hashes: of each file of a backup, as hex by path; `None` for a store that is in use. A
                backup is put back as it is; of a store in use this one's settings are heeded too.

        Returns:
            The step, or `None` where records must be copied one by one.
        """
        return None
