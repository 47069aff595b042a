"""Restores files of memory up to CrewAI 1.9 as they were before collections were cleared.

A file is restored only if it holds, row by row, what the clearing left in it: otherwise rows that
were written since would be lost.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ....formats.translate import translating
from ....model.errors import Conflict
from ...shared.on_disk import flush, flush_tree
from .file_clearing import read_file_clearings
from .sqlite_edit import digest, exclusive, recover

if TYPE_CHECKING:
    from collections.abc import Callable

    from ....model.step import Step
    from ...collection_clearing import KeptFiles
    from .file_clearing import FileClearing

_ENDING = ".memctl-restored"


def plan_restore(root: Path, kept: KeptFiles, forget: Callable[[], None]) -> list[Step]:
    """List the steps that restore the files; nothing is written yet.

    Raises:
        Conflict: when a file was changed since the clearing, or is gone.
        StoreLocked: while another process holds a file.
    """
    steps = [RestoreFile(root, kept.root, each, forget) for each in read_file_clearings(kept.undo)]
    for step in steps:
        step.check()
    return [*steps]


class RestoreFile:
    """Restores a file, and the directories of indexes that were removed with it."""

    def __init__(
        self, root: Path, kept: Path, clearing: FileClearing, forget: Callable[[], None]
    ) -> None:
        self.name = f"put back {clearing.path}"
        self._root = root
        self._kept = kept
        self._clearing = clearing
        self._forget = forget
        self._file = root / clearing.path

    def check(self) -> None:
        """Raise if the file was changed since the clearing.

        Raises:
            Conflict: when it is neither as the clearing left it nor as it was before.
        """
        if not self._file.is_file():
            raise Conflict(f"`{self._file}` is gone", hint=self._elsewhere)
        found = digest(self._file)
        if found not in {self._before, self._cleared}:
            raise Conflict(
                f"`{self._file}` was changed since it was cleared, and what is new in it would be "
                "lost",
                hint=self._elsewhere,
            )

    @property
    def _elsewhere(self) -> str:
        return "nothing was written; name a target to copy the records there, such as `crewai:NEW`"

    def find(self) -> bool:
        """Return whether the file and its directories are restored."""
        return self._is_restored() and all(
            (self._root / each).is_dir()
            for each in self._clearing.directories
            if (self._kept / each).is_dir()
        )

    def do(self) -> None:
        """Restore the directories first: nobody reads them until the file names them.

        Raises:
            Conflict: when the file was changed since.
            StoreLocked: while another process holds it.
            MemctlError: when something can't be written.
        """
        known = recover(self._file)
        self.check()
        with translating(self._file):
            for each in self._clearing.directories:
                self._restore_directory(each)
            copy = self._file.resolve()
            copy = copy.with_name(copy.name + _ENDING)
            shutil.copy2(self._kept / self._clearing.path, copy)
            flush(copy)
        with exclusive(self._file, known):
            copy.replace(self._file.resolve())
        self._forget()

    def undo(self) -> None:
        """Do nothing: clearing again is a command of its own."""

    def _is_restored(self) -> bool:
        return digest(self._file) == self._before

    @cached_property
    def _before(self) -> str:
        """The digest of the file before the clearing."""
        return digest(self._kept / self._clearing.path)

    @cached_property
    def _cleared(self) -> str:
        """The digest of the file after the clearing, which is repeated on a copy."""
        with tempfile.TemporaryDirectory(prefix="memctl-crewai-") as directory:
            copy = Path(directory) / "copy"
            with translating(self._file):
                shutil.copyfile(self._kept / self._clearing.path, copy)
            return digest(copy, self._clearing.removal)

    def _restore_directory(self, path: str) -> None:
        source, target = self._kept / path, self._root / path
        if not source.is_dir() or (target.is_dir() and self._is_restored()):
            return
        copy = target.with_name(target.name + _ENDING)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(source, copy)
        flush_tree(copy)
        if target.is_dir():
            shutil.rmtree(target)
        copy.rename(target)
