"""Keeps a copy of each index while chromadb may save it, for a kill amid saving ruins it.

chromadb writes the files of an index one after the other, over the old ones, and notes only then
how far they go. Killed in between, it can't open the collection any more (measured: 1.5.9), and
what the old files held is in its queue no longer. So the files are put aside before they are
written over, and while many rows are written it is told to save seldom.
"""

from __future__ import annotations

import shutil
import warnings
from typing import TYPE_CHECKING, Any, Final

from ....formats.chroma import open_store
from ....formats.chroma.index.labels import LABELS_FILE
from ....formats.chroma.index.segment import read_header
from ....formats.chroma.store import SQLITE_FILE
from ....model.errors import DamagedStore
from ...shared.on_disk import flush, flush_tree
from ..rows import is_own_layout
from .files import copy_folder, file_errors

if TYPE_CHECKING:
    from pathlib import Path

    from ....formats.chroma import ChromaStore

USUAL: Final = 1000
"""After so many operations chromadb saves an index, unless it is told otherwise."""
_SELDOM: Final = 10_000
_KEPT: Final = ".memctl-index-"
"""Begins the name of a folder with the files of an index as they were before they are saved."""
_DRAFT: Final = ".draft"
_MARK: Final = "mark"
"""The file in it that says how far they go."""


class IndexGuard:
    """Guards the index of one collection while rows are written to it or deleted.

    Args:
        store: the store's files, open for as long as rows are written.
        collection: chromadb's own object.
    """

    def __init__(self, store: ChromaStore, collection: Any) -> None:
        self.collection = collection
        self._path = store.path
        self._store = store
        self._is_seldom = False
        self._mark: int | None = None
        self._stored = next(each for each in store.collections() if each.id == str(collection.id))
        self.follow()

    def follow(self) -> None:
        """Copy the files of the index, if chromadb has saved it since."""
        mark = self._store.mark(self._stored)
        if mark is not None and mark != self._mark:
            with file_errors(self._path, self._path):
                put_aside(self._path, self._stored.vector_segment, mark)
            self._mark = mark

    def save_seldom(self) -> None:
        """Tell chromadb to save the index seldom: many rows are going to be written."""
        if not self._is_seldom:
            _save_after(self.collection, _SELDOM)
            self._is_seldom = True

    def release(self) -> None:
        """Let chromadb save the index as usual, once it is opened anew."""
        if self._is_seldom:
            _save_after(self.collection, USUAL)

    def is_due(self) -> bool:
        """Return whether chromadb would have saved the index by now."""
        with open_store(self._path) as store:
            return store.queued(self._stored) >= USUAL

    def end(self) -> None:
        """Remove the copy: nothing is being saved any more."""
        shutil.rmtree(_kept(self._path, self._stored.vector_segment), ignore_errors=True)


def _save_after(collection: Any, operations: int) -> None:
    with warnings.catch_warnings():
        # It warns of every collection that names no embedding function; memctl's never do.
        warnings.simplefilter("ignore", DeprecationWarning)
        collection.modify(configuration={"hnsw": {"sync_threshold": operations}})


def save(client: Any, name: str) -> None:
    """Make chromadb save a collection's index, by an operation that changes nothing."""
    collection = client.get_collection(name, embedding_function=None)
    if ids := collection.get(limit=1, include=[])["ids"]:
        collection.update(ids=ids)


def recover(path: Path) -> None:
    """Undo what a kill left of an index that was being saved; the queue still holds the rest."""
    if not (path / SQLITE_FILE).exists():
        return
    with file_errors(path, path):
        for kept in [each for each in path.iterdir() if each.name.startswith(_KEPT)]:
            _restore(path, kept)
        for segment in _half_saved(path):
            shutil.rmtree(path / segment)


def put_aside(path: Path, segment: str, mark: int) -> Path:
    """Copy the files of an index that is saved up to a mark, whole or not at all."""
    kept = _kept(path, segment)
    draft = kept.with_name(kept.name + _DRAFT)
    shutil.rmtree(draft, ignore_errors=True)
    copy_folder(path / segment, draft)
    (draft / _MARK).write_text(str(mark))
    flush_tree(draft)
    shutil.rmtree(kept, ignore_errors=True)
    draft.rename(kept)
    flush(path)
    return kept


def _kept(path: Path, segment: str) -> Path:
    return path / f"{_KEPT}{segment}"


def _restore(path: Path, kept: Path) -> None:
    segment = kept.name.removeprefix(_KEPT)
    if not segment.endswith(_DRAFT):
        with open_store(path) as store:
            marks = {each.vector_segment: store.mark(each) for each in store.collections()}
        if (kept / _MARK).read_text() == str(marks.get(segment)):
            # chromadb has not noted the new files, and may not have written all of them.
            shutil.rmtree(path / segment, ignore_errors=True)
            kept.rename(path / segment)
            flush(path)
            (path / segment / _MARK).unlink()
            return
    shutil.rmtree(kept)


def _half_saved(path: Path) -> list[str]:
    """List the indexes of memctl's collections whose first saving was broken off."""
    with open_store(path) as store:
        return [
            each.vector_segment
            for each in store.collections()
            if is_own_layout(each)
            and store.mark(each) is None
            and _is_half_saved(path / each.vector_segment)
        ]


def _is_half_saved(directory: Path) -> bool:
    if not directory.exists():
        return False
    try:
        return read_header(directory).count > 0 or (directory / LABELS_FILE).exists()
    except (DamagedStore, FileNotFoundError):
        return True
