"""Makes a store what another one is by copying its files, where that loses nothing."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from ....formats.chroma import open_store
from ....formats.chroma.catalog import UUID_TEXT
from ....formats.chroma.store import SQLITE_FILE, open_database
from ...shared.on_disk import flush, missing_directories
from ..rows import EMBEDDER_KEY, is_own_layout
from .client import file_error
from .files import copy_kept, copy_state, file_errors
from .setup import check_empty
from .staging import (
    is_in_use,
    leftovers,
    make_staging_folder,
    note_moving,
    publish,
    remove_unfinished,
    staging_in,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ....formats.chroma import StoredCollection
    from .place import DirectoryPlace


def plan_file_restore(
    target: DirectoryPlace, source: DirectoryPlace, hashes: Mapping[str, str] | None
) -> RestoreFiles | None:
    """Return the step, where it leaves the same as copying record by record would, or more.

    Raises:
        NotAStore: when the target's directory holds other files.
    """
    stored = source.store.collections()
    if not _have_same_settings(target, source, stored):
        return None
    if not target.exists():
        check_empty(target.path)
    elif not _is_empty(target, source, stored):
        return None
    if hashes is None and not _is_own(source, stored):
        return None
    return RestoreFiles(target, source, hashes)


def _have_same_settings(
    target: DirectoryPlace, source: DirectoryPlace, stored: list[StoredCollection]
) -> bool:
    """Return whether what the target's settings ask for is what the source has."""
    if (target.settings["map"] or {}) != (source.settings["map"] or {}):
        return False
    found = {
        "dimension": {each.dimension for each in stored},
        "embedder": {each.metadata.get(EMBEDDER_KEY) for each in stored},
    }
    return all(
        target.settings[name] is None or values <= {None, target.settings[name]}
        for name, values in found.items()
    )


def _is_empty(
    target: DirectoryPlace, source: DirectoryPlace, stored: list[StoredCollection]
) -> bool:
    """Return whether nothing of the target is lost when its file becomes what the source's is."""
    there = target.store.collections()
    own = {each.name for each in leftovers(target.path)}
    return (
        not any(map(target.files.count, there))
        and target.files.schema == source.files.schema
        and all(map(is_own_layout, there))
        and all(any(_is_alike(each, other) for other in stored) for each in there)
        and not any(
            (target.path / each.vector_segment).exists() and each.vector_segment not in own
            for each in stored
        )
    )


def _is_alike(empty: StoredCollection, stored: StoredCollection) -> bool:
    """Return whether an empty collection is missed by nobody where another one is in its place."""

    def key(of: StoredCollection) -> tuple[object, ...]:
        return (of.tenant, of.database, of.name, of.metric, of.metadata.get(EMBEDDER_KEY))

    return key(empty) == key(stored) and empty.dimension in (None, stored.dimension)


def _is_own(source: DirectoryPlace, stored: list[StoredCollection]) -> bool:
    """Return whether memctl itself, with the installed chromadb, would have made the source."""
    from .client import installed_schema

    is_own = all(
        is_own_layout(each)
        and source.names.is_home(each)
        and source.names.read(each) == (each.name, None)
        for each in stored
    )
    kinds = {(each.metric, each.metadata.get(EMBEDDER_KEY)) for each in stored}
    return is_own and len(kinds) == 1 and dict(source.files.schema) == dict(installed_schema())


class RestoreFiles:
    """Copy all files of a store into a staging folder, then move them into the store at once.

    Args:
        target: the store that is made, or that holds no record.
        source: the store that is copied.
        hashes: of each file of a source that is a backup, as hex by path.
    """

    name = "copy files"

    def __init__(
        self, target: DirectoryPlace, source: DirectoryPlace, hashes: Mapping[str, str] | None
    ) -> None:
        self._target = target
        self._source = source
        self._hashes = hashes
        self._is_new = not target.exists()
        self._directories: list[Path] = []

    def find(self) -> bool:
        """Copy every time: it was planned because the target holds nothing."""
        return False

    def do(self) -> None:
        """Copy them.

        Raises:
            StoreLocked: when another process writes to the source all the while.
            DamagedStore: when a backup's file is not what it was.
            DiskFull: when there is no room; the target is what it was then.
        """
        path = self._target.path
        self._directories = missing_directories(path)
        with staging_in(path, "copy a store to", self.undo):
            self._copy(path)
        self._target.forget_reader()

    def _copy(self, path: Path) -> None:
        staged = make_staging_folder(path)
        if self._hashes is None:
            copy_state(self._source.path, staged)
        else:
            copy_kept(self._source.path, staged, self._hashes)
        folders = sorted(each.name for each in staged.iterdir() if UUID_TEXT.fullmatch(each.name))
        note_moving(staged, folders)
        for each in folders:
            (staged / each).rename(path / each)
        flush(path)
        if self._is_new:
            publish(staged, path)
        else:
            _overwrite(staged, path)
        flush(path)
        shutil.rmtree(staged)

    def undo(self) -> None:
        """Remove what was not moved into the store; a complete store stays."""
        path = self._target.path
        try:
            remove_unfinished(path, self._directories)
        except OSError as exc:
            raise file_error("remove a draft in", path, exc) from exc


def _overwrite(staged: Path, path: Path) -> None:
    """Make the target's own SQLite file what the staged one is, in one transaction.

    Another process may have it open, and would go on with a file that was put aside.
    """
    with (
        file_errors(path, path),
        closing(open_database(staged)) as database,
        closing(sqlite3.connect(path / SQLITE_FILE, isolation_level=None)) as target,
    ):
        _check_still_empty(path)
        database.copy_to(target)


def _check_still_empty(path: Path) -> None:
    """Raise if records came meanwhile; looked at last, for no lock can be held across the copy."""
    with open_store(path) as store:
        if any(map(store.count, store.collections())):
            raise is_in_use(path)
