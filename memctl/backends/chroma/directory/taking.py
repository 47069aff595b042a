"""Takes over the files of another Chroma directory, and says where that is right."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from ....formats.chroma import open_store
from ....formats.chroma.catalog import UUID_TEXT
from ....formats.chroma.snapshot import SQLITE_FILE, open_database
from ...on_disk import flush, missing_directories
from ..names import lies_in, read_name
from ..rows import EMBEDDER_KEY, is_own_layout
from .client import file_error
from .drafts import drafting, is_in_use, leftovers, new_draft, note_moving, place, remove_made
from .files import copy_kept, copy_state, file_errors
from .setup import check_empty

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ....formats.chroma import StoredCollection
    from .backend import ChromaDirectory


def plan_taking(
    target: ChromaDirectory, source: ChromaDirectory, hashes: Mapping[str, str] | None
) -> TakeFiles | None:
    """Give the step, where it leaves the same as copying record by record would, or more.

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
    return TakeFiles(target, source, hashes)


def _have_same_settings(
    target: ChromaDirectory, source: ChromaDirectory, stored: list[StoredCollection]
) -> bool:
    """Say whether what the target's settings ask for is what the source has."""
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
    target: ChromaDirectory, source: ChromaDirectory, stored: list[StoredCollection]
) -> bool:
    """Say whether nothing of the target is lost when its file becomes what the source's is."""
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
    """Say whether an empty collection is missed by nobody where another one is in its place."""

    def key(of: StoredCollection) -> tuple[object, ...]:
        return (of.tenant, of.database, of.name, of.metric, of.metadata.get(EMBEDDER_KEY))

    return key(empty) == key(stored) and empty.dimension in (None, stored.dimension)


def _is_own(source: ChromaDirectory, stored: list[StoredCollection]) -> bool:
    """Say whether memctl itself would have made the source, with the chromadb that is installed."""
    from .client import installed_schema

    is_own = all(
        is_own_layout(each)
        and lies_in(each, source.home)
        and read_name(each.name, source.settings["map"]) == (each.name, None)
        for each in stored
    )
    kinds = {(each.metric, each.metadata.get(EMBEDDER_KEY)) for each in stored}
    return is_own and len(kinds) == 1 and dict(source.files.schema) == dict(installed_schema())


class TakeFiles:
    """Copy all files of a store into a draft, and let them take their place at once.

    Args:
        target: the store that is made, or that holds no record.
        source: the store that is copied.
        hashes: of each file of a source that is a backup, as hex by path.
    """

    name = "copy files"

    def __init__(
        self, target: ChromaDirectory, source: ChromaDirectory, hashes: Mapping[str, str] | None
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
        with drafting(path, "copy a store to", self.undo):
            self._take(path)
        self._target.forget_reader()

    def _take(self, path: Path) -> None:
        draft = new_draft(path)
        if self._hashes is None:
            copy_state(self._source.path, draft)
        else:
            copy_kept(self._source.path, draft, self._hashes)
        folders = sorted(each.name for each in draft.iterdir() if UUID_TEXT.fullmatch(each.name))
        note_moving(draft, folders)
        for each in folders:
            (draft / each).rename(path / each)
        flush(path)
        if self._is_new:
            place(draft, path)
        else:
            _overwrite(draft, path)
        flush(path)
        shutil.rmtree(draft)

    def undo(self) -> None:
        """Remove what did not take its place; a store that did stays."""
        path = self._target.path
        try:
            remove_made(path, self._directories)
        except OSError as exc:
            raise file_error("remove a draft in", path, exc) from exc


def _overwrite(draft: Path, path: Path) -> None:
    """Make the target's own SQLite file what the draft's is, in one transaction.

    Another process may have it open, and would go on with a file that was put aside.
    """
    with (
        file_errors(path, path),
        closing(open_database(draft)) as database,
        closing(sqlite3.connect(path / SQLITE_FILE, isolation_level=None)) as target,
    ):
        _check_still_empty(path)
        database.copy_to(target)


def _check_still_empty(path: Path) -> None:
    """Look once more right before the copy: SQLite lets nobody hold a lock across it."""
    with open_store(path) as store:
        if any(map(store.count, store.collections())):
            raise is_in_use(path)
