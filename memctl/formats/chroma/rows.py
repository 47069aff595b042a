"""Rows as the tables hold them: ids, documents, metadata and times."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from datetime import UTC, datetime
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from ..translate import as_text, parsing
from .schema import METADATA_LISTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..opening import Database
    from .catalog import StoredCollection

DOCUMENT_KEY: Final = "chroma:document"
_RESERVED: Final = "chroma:"
_SHOWN: Final = (DOCUMENT_KEY, "chroma:uri")
"""Reserved keys that chromadb gives back; it hides all others."""

_IDS_PER_QUERY: Final = 500
"""Ids asked for at once: every SQLite bears 999 parameters."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a table, in parallel lists.

    Attributes:
        rowids: the integer ids by which the tables are joined.
        ids: the ids that users gave.
        documents: `None` where a row has none.
        metadatas: without the document; empty where a row has none.
        created_at: aware, UTC.
    """

    rowids: list[int]
    ids: list[str]
    documents: list[str | None]
    metadatas: list[dict[str, Any]]
    created_at: list[datetime]


def list_rows(
    database: Database, collection: StoredCollection, where: Mapping[str, str]
) -> array[int]:
    """Return the integer ids of all rows whose metadata holds these texts, in ascending order."""
    if not all(is_storable(text) for pair in where.items() for text in pair):
        return array("q")
    # One list from the index on (key, string_value) per key beats a look at every row; the plus
    # keeps SQLite from walking the index on ids, which would not be in the order of the rows.
    filters = " AND id IN (SELECT id FROM embedding_metadata WHERE key = ? AND string_value = ?)"
    rows = database.rows(
        f"SELECT id FROM embeddings WHERE +segment_id = ?{filters * len(where)} ORDER BY id",  # noqa: S608 - a constant, repeated
        (collection.metadata_segment, *(text for pair in where.items() for text in pair)),
    )
    return array("q", [rowid for (rowid,) in rows])


def find_rows(
    database: Database, collection: StoredCollection, ids: Iterable[str]
) -> dict[str, int]:
    """Return the integer ids under which the table holds these ids; unknown ones are left out."""
    found: dict[str, int] = {}
    for some in chunks(storable(ids)):
        marks = ",".join("?" * len(some))
        found.update(
            database.rows(
                "SELECT embedding_id, id FROM embeddings"  # noqa: S608 - only question marks are filled in
                f" WHERE segment_id = ? AND embedding_id IN ({marks})",
                (collection.metadata_segment, *some),
            )
        )
    return found


def is_storable(text: Any) -> bool:
    """Return whether a store takes the text: half of a surrogate pair has no UTF-8."""
    try:
        text.encode()
    except (AttributeError, UnicodeEncodeError):
        return False
    return True


def storable(ids: Iterable[str]) -> list[str]:
    """Return the ids that SQLite can hold, each once, sorted."""
    wanted = set(ids)
    try:
        "".join(wanted).encode()  # nearly always all of them
    except (TypeError, UnicodeEncodeError):
        wanted = set(filter(is_storable, wanted))
    return sorted(wanted)


def chunks(ids: list[str]) -> Iterator[list[str]]:
    """Yield the ids, as many at a time as one query takes."""
    for start in range(0, len(ids), _IDS_PER_QUERY):
        yield ids[start : start + _IDS_PER_QUERY]


def read_rows(database: Database, rowids: Sequence[int]) -> Page:
    """Return the rows with these integer ids, which ascend.

    Raises:
        DamagedStore: when a column holds what Chroma never writes there.
    """
    if not rowids:
        return Page([], [], [], [], [])
    among = _among(rowids)
    rows = database.rows(
        f"SELECT id, embedding_id, created_at FROM embeddings WHERE {among} ORDER BY id"  # noqa: S608 - whole numbers
    )
    metadata: dict[int, dict[str, Any]] = {rowid: {} for rowid, _, _ in rows}
    with parsing(database.file, "a row holds values that chromadb does not write"):
        _add_values(metadata, database.each(_select("embedding_metadata", among)))
        if database.levels["metadb"] >= METADATA_LISTS:
            _add_lists(metadata, database.each(_select("embedding_metadata_array", among)))
        return _page(rows, metadata)


def _among(rowids: Sequence[int]) -> str:
    first, last = rowids[0], rowids[-1]
    if last - first + 1 == len(rowids):
        return f"id BETWEEN {first} AND {last}"
    return f"id IN ({','.join(map(str, rowids))})"


def _select(table: str, among: str) -> str:
    """Return a query for values in one column, flags in another: SQLite keeps them as numbers."""
    return (
        "SELECT id, key, COALESCE(string_value, int_value, float_value), bool_value"  # noqa: S608 - names and whole numbers
        f" FROM {table} WHERE {among}"
    )


def _add_values(metadata: Mapping[int, dict[str, Any]], rows: Iterable[tuple[Any, ...]]) -> None:
    """Fill in one value per key; this loop takes most of the time of a scan."""
    names: dict[str, str | None] = {}
    latest, values = None, {}
    for rowid, key, plain, flag in rows:
        if plain is not None:
            value = plain
            if type(value) is bytes:
                raise TypeError("a value that is none of Chroma's")
        elif flag is not None:
            value = bool(flag)
        else:
            continue  # SQLite keeps no NaN: such a key is there, without a value
        # All rows of a page share the few texts of their keys.
        if key not in names:
            names[key] = _shown(key)
        if rowid != latest:
            latest, values = rowid, metadata[rowid]
        if (name := names[key]) is not None:
            values[name] = value


def _shown(key: Any) -> str | None:
    """Return the key, or `None` for a reserved one that chromadb hides."""
    return key if not as_text(key).startswith(_RESERVED) or key in _SHOWN else None


def _add_lists(metadata: Mapping[int, dict[str, Any]], rows: Iterable[tuple[Any, ...]]) -> None:
    for rowid, key, plain, flag in rows:
        metadata[rowid].setdefault(key, []).append(bool(flag) if plain is None else plain)


def _page(rows: Sequence[tuple[Any, ...]], metadata: Mapping[int, dict[str, Any]]) -> Page:
    rowids, ids, texts = map(list, zip(*rows, strict=True))
    metadatas = list(metadata.values())
    documents = [values.pop(DOCUMENT_KEY, None) for values in metadatas]
    if not {*map(type, ids)} <= {str} or not {*map(type, documents)} <= {str, NoneType}:
        raise TypeError("not a text")
    # Rows are written by the hundred, so many share their second.
    times = {text: parse_time(text) for text in {*texts}}
    return Page(rowids, ids, documents, metadatas, [times[text] for text in texts])


def split_document(values: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """Return document and metadata, without hidden keys and those without a value."""
    metadata = {
        key: value for key, value in values.items() if value is not None and _shown(key) is not None
    }
    return metadata.pop(DOCUMENT_KEY, None), metadata


def parse_time(text: str) -> datetime:
    """Return a time that SQLite's CURRENT_TIMESTAMP wrote, which is UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
