"""Backups of a store's own files: those that a clearing changes, or all of them, with proof."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

from ...backends.shared.on_disk import flush, flush_tree
from ...model.errors import LocalStateUnusable, SidesDiffer
from ...model.results import Comparison, TypeCopy
from ...store.home import backups_directory, ensure_directory, ensure_home
from ..connect import connect
from ..operations.locks import hold_lock
from ..query.collections import count_collections
from ..selection import StoreRequest
from ..transfer.transfer import Transfer
from .listing import (
    FILES,
    LISTING,
    FileKept,
    FileListing,
    Kind,
    hash_file,
    list_collections,
    write_listing,
)
from .staging import staged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ...backends.collection_clearing import WholeClearing
    from ...backends.facets import StoreFiles
    from ...model.progress import Progress
    from ..connect import Connection
    from ..operations.operation import RunningOperation
    from ..transfer.reading import Reading


class _KeepFiles(ABC):
    """Make the operation's own backup: unfinished until all of it is on the disk."""

    def __init__(self, operation_id: str, listing: FileListing) -> None:
        self._listing = listing
        self._target = backups_directory() / operation_id

    @property
    def location(self) -> str:
        """Where the files lie once the backup is finished."""
        return f"{self._listing.backend}:{self._listing.kept(self._target).root}"

    def find(self) -> bool:
        """Make it every time: the backup of an earlier run holds what was there then."""
        return False

    def do(self) -> None:
        """Copy the files, and read every copy once more.

        Raises:
            DiskFull: when there is no room; nothing of the store has been changed.
            LocalStateUnusable: when a file can't be copied.
        """
        ensure_home()
        ensure_directory(self._target.parent)
        with hold_lock(str(self._target.resolve())), staged(self._target) as partial:
            root = partial / FILES / self._listing.name
            root.mkdir(mode=0o700, parents=True)
            for each in (partial, root.parent):
                each.chmod(0o700)
            self._finish(partial, self._fill(root))
            self._prove(root)
            partial.rename(self._target)
            flush(self._target.parent)

    def undo(self) -> None:  # noqa: B027 - there is nothing to undo
        """Leave it: `memctl backup delete` removes it."""

    @abstractmethod
    def _fill(self, root: Path) -> list[FileKept]:
        """Copy the files."""

    def _prove(self, root: Path) -> None:  # noqa: B027 - of a clearing's files the bytes are the proof
        """Compare the copy with what it was made of, where more than its bytes is to be looked at.

        Raises:
            SidesDiffer: when it is not the same.
        """

    def _finish(self, partial: Path, files: list[FileKept]) -> None:
        listing = partial / LISTING
        listing.touch(0o600)
        listing.write_bytes(write_listing(replace(self._listing, files=tuple(files))))
        flush_tree(partial)


class BackUpFiles(_KeepFiles):
    """Copy the files that a clearing changes, as they are, into the operation's own directory.

    Args:
        operation_id: names the backup.
        whole: the clearing.
        listing: what the backup is to say of itself, yet without files.
    """

    def __init__(self, operation_id: str, whole: WholeClearing, listing: FileListing) -> None:
        super().__init__(operation_id, listing)
        self.name = f"back up files to backups/{operation_id}"
        self._whole = whole

    def _fill(self, root: Path) -> list[FileKept]:
        return [
            _copy_file(self._whole.root / path, root / path, path)
            for given in self._whole.paths
            for path in _below(self._whole.root, given)
        ]


class BackUpStore(_KeepFiles):
    """Copy all files of a store into the operation's own directory, and compare every record.

    Args:
        operation: names the backup; the comparison becomes a step of it.
        source: the store.
        reading: its rows, every one of them.
        files: its files.
        progress: is told of every batch that is compared.
    """

    def __init__(
        self,
        operation: RunningOperation,
        source: Connection,
        reading: Reading,
        files: StoreFiles,
        progress: Progress,
    ) -> None:
        super().__init__(operation.id, _describe(source, reading, files))
        self.name = f"back up to backups/{operation.id}"
        self.copies = [TypeCopy(each, n, n, 0, 0, 0, 0) for each, n in reading.counts.items()]
        self.comparison = Comparison(0, 0, 0, 0)
        self._operation = operation
        self._source = source
        self._reading = reading
        self._files = files
        self._progress = progress

    def _fill(self, root: Path) -> list[FileKept]:
        self._progress.start("copying", self._listing.records)
        with hold_lock(self._source.backend.writer_lock):
            self._files.copy(root)
        self._progress.advance(self._listing.records)
        return [
            FileKept(path, (root / path).stat().st_size, hash_file(root / path))
            for path in _below(root, ".")
        ]

    def _prove(self, root: Path) -> None:
        """Open the copy as a store, and compare its collections and records with the source's.

        Raises:
            SourceChanged: when the store was written to meanwhile.
            SidesDiffer: when they are not the same.
        """
        location = f"{self._listing.backend}:{root}"
        request = StoreRequest(at=location, settings=self._listing.settings)
        with connect(request) as copy:
            transfer = Transfer(
                self._source, copy, self._reading, progress=self._progress, is_same_store=True
            )
            self.comparison = transfer.prove(self._operation)
            refuse_difference(
                transfer, self.comparison, hint="run the same command again: no backup was made"
            )


def refuse_difference(transfer: Transfer, comparison: Comparison, *, hint: str) -> None:
    """Raise unless a copy of a whole store is what the store is now.

    Args:
        transfer: from the store to the copy.
        comparison: of their records.
        hint: what to do where the copy is another.

    Raises:
        SourceChanged: when the store was written to meanwhile.
        SidesDiffer: when the copy is another.
    """
    source, copy = transfer.source.backend, transfer.target.backend
    error = comparison.error(source.location, copy.location, hint=hint)
    if error is None and count_collections(source) != count_collections(copy):
        error = SidesDiffer(f"`{copy.location}` has other collections", hint=hint)
    if error is not None:
        raise error


def _describe(source: Connection, reading: Reading, files: StoreFiles) -> FileListing:
    selection = source.selection
    return FileListing(
        backend=selection.backend,
        source=selection.whole_location or source.backend.location,
        name=selection.backend,
        crew_id=None,
        counts=reading.counts,
        undo={},
        kind=Kind.STORE,
        settings=files.settings,
        schema=files.schema,
        collections=list_collections(count_collections(source.backend)),
    )


def _below(root: Path, path: str) -> Iterator[str]:
    """List a file, or the files of a directory; nothing where neither is there."""
    found = root / path
    if found.is_file():
        yield path
    else:
        for each in sorted(found.rglob("*")):
            if each.is_file():
                yield each.relative_to(root).as_posix()


def _copy_file(source: Path, target: Path, path: str) -> FileKept:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy2(source, target)
    digest = hash_file(target)
    if digest != hash_file(source):
        raise LocalStateUnusable(
            f"`{source}` was changed while it was copied",
            hint="let the crew stop, then run the same command again",
        )
    return FileKept(path, target.stat().st_size, digest)
