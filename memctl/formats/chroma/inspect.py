"""Collects the facts that `verify` judges: files, levels, how rows and index agree."""

from __future__ import annotations

import stat
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..opening import with_journals
from ..translate import translating
from .catalog import UUID_TEXT
from .queue import count_pending, read_mark
from .scan import ScanRequest, scan
from .schema import vintage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ..opening import Database
    from .catalog import StoredCollection
    from .scan import LatestVectors, RowBatch

_OTHERS: Final = 0o077


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What there is to know of a store as a whole.

    Attributes:
        levels: the schema level of each part.
        vintage: which chromadb wrote it last, and which can open it.
        missing_directories: segments with an index whose directory is gone.
        orphan_directories: directories of segments that no collection names any more.
        orphan_rows: rows of segments that no collection names any more.
        mode: permission bits of `chroma.sqlite3`.
        exposed: whether anyone but its owner may read or write that file.
        size: bytes of the store's own files.
    """

    levels: Mapping[str, int]
    vintage: str
    missing_directories: tuple[str, ...]
    orphan_directories: tuple[str, ...]
    orphan_rows: int
    mode: int
    exposed: bool
    size: int


@dataclass(frozen=True, slots=True)
class CollectionFacts:
    """What there is to know of a collection.

    Attributes:
        in_table: rows of the table.
        indexed: vectors in the index, deleted ones left out.
        unnamed: vectors in the index that belong to no row.
        pending_rows: operations that the table lacks.
        pending_vectors: operations that the index lacks.
        duplicate_ids: rows of the table whose id another one has too.
        visible: rows with the queue laid over.
        without_vector: rows that have none.
        zero_vectors: rows whose vector is all zeros.
        not_finite: rows whose vector holds a NaN or an infinity.
        empty_documents: rows whose document is the empty text.
        without_document: rows that have none.
    """

    in_table: int
    indexed: int
    unnamed: int
    pending_rows: int
    pending_vectors: int
    duplicate_ids: int
    visible: int = 0
    without_vector: int = 0
    zero_vectors: int = 0
    not_finite: int = 0
    empty_documents: int = 0
    without_document: int = 0


def inspect_store(database: Database, directory: Path) -> StoreFacts:
    """Return the facts of the store's files and of what no collection names."""
    segments: dict[str, str] = dict(database.rows("SELECT id, scope FROM segments"))
    folders = [
        each for each in directory.iterdir() if UUID_TEXT.fullmatch(each.name) and each.is_dir()
    ]
    found = {folder.name for folder in folders}
    orphan_rows = database.rows(
        "SELECT COUNT(*) FROM embeddings WHERE segment_id NOT IN (SELECT id FROM segments)"
    )
    mode = stat.S_IMODE(database.file.stat().st_mode)
    return StoreFacts(
        levels=dict(database.levels),
        vintage=vintage(database.levels),
        missing_directories=tuple(
            segment
            for segment, scope in sorted(segments.items())
            if scope == "VECTOR" and segment not in found and read_mark(database, segment)
        ),
        orphan_directories=tuple(sorted(found - segments.keys())),
        orphan_rows=orphan_rows[0][0],
        mode=mode,
        exposed=bool(mode & _OTHERS),
        size=sum(_sizes(database, folders)),
    )


def _sizes(database: Database, folders: list[Path]) -> Iterator[int]:
    for file in with_journals(database.file):
        if file.exists():
            yield file.stat().st_size
    for folder in folders:
        yield from (file.stat().st_size for file in folder.rglob("*") if file.is_file())


def inspect_collection(
    database: Database, directory: Path, collection: StoredCollection, latest: LatestVectors
) -> CollectionFacts:
    """Return the facts of a collection, for which it is read as a whole."""
    with translating(directory), database.reading():
        in_table, distinct = database.rows(
            "SELECT COUNT(*), COUNT(DISTINCT embedding_id) FROM embeddings WHERE segment_id = ?",
            (collection.metadata_segment,),
        )[0]
        rows_mark = read_mark(database, collection.metadata_segment) or 0
        vectors = latest.open(database, directory, collection, database.version())
        pending_rows = count_pending(database, collection, rows_mark)
        pending_vectors = count_pending(database, collection, vectors.mark)
    unnamed = vectors.ids()
    odd: Counter[str] = Counter()
    for batch in scan(database, directory, ScanRequest(collection), latest):
        unnamed.difference_update(batch.ids)
        odd.update(_count_odd(batch))
    return CollectionFacts(
        in_table=in_table,
        indexed=len(vectors.indexed),
        unnamed=len(unnamed),
        pending_rows=pending_rows,
        pending_vectors=pending_vectors,
        duplicate_ids=in_table - distinct,
        **odd,
    )


def _count_odd(batch: RowBatch) -> dict[str, int]:
    import numpy as np

    found = {
        "visible": len(batch),
        "without_vector": batch.has_embedding.count(False),
        "empty_documents": batch.documents.count(""),
        "without_document": batch.documents.count(None),
    }
    if batch.embeddings is not None:
        vectors = batch.embeddings[np.array(batch.has_embedding)]
        found["zero_vectors"] = int((~vectors.any(axis=1)).sum())
        found["not_finite"] = int((~np.isfinite(vectors).all(axis=1)).sum())
    return found
