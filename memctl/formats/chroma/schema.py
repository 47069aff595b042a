"""The schema levels of Chroma that are known, and which chromadb can open them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ...model.errors import NotAStore, UnsupportedSchema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..opening import Database

OLDEST: Final = MappingProxyType({"embeddings_queue": 1, "metadb": 3, "sysdb": 4})
"""The levels of chromadb 0.4.24."""
NEWEST: Final = MappingProxyType({"embeddings_queue": 2, "metadb": 6, "sysdb": 10})
"""The levels of chromadb 1.5."""

INTEGER_SEQ_IDS: Final = 5
"""The `metadb` level from which `max_seq_id` holds numbers; chromadb 1.0 brought it."""
METADATA_LISTS: Final = 6
"""The `metadb` level that brought `embedding_metadata_array`; chromadb 1.5 has it."""
BOOLEAN_COLLECTION_METADATA: Final = 6
"""The `sysdb` level that brought `collection_metadata.bool_value`."""
CONFIGURATIONS: Final = 7
"""The `sysdb` level that brought `collections.config_json_str`."""
LAST_OF_PYTHON: Final = 9
"""The `sysdb` level that chromadb 0.5.23 and 0.6 end at."""
SCHEMAS: Final = 10
"""The `sysdb` level that brought `collections.schema_str`; chromadb 1.2 panics at it."""

_TABLES: Final = frozenset(
    (
        "collection_metadata",
        "collections",
        "databases",
        "embedding_metadata",
        "embeddings",
        "embeddings_queue",
        "max_seq_id",
        "migrations",
        "segment_metadata",
        "segments",
    )
)


def read_schema(database: Database) -> dict[str, int]:
    """Return the schema level of each part of the store: `sysdb`, `metadb`, `embeddings_queue`.

    Raises:
        NotAStore: when the tables are not Chroma's.
        UnsupportedSchema: when a level is older or newer than those that are known.
    """
    tables = {name for (name,) in database.rows("SELECT name FROM sqlite_master")}
    if missing := _TABLES - tables:
        raise NotAStore(
            f"`{database.file}` is not a chroma store: it has no table `{min(missing)}`",
            hint="give the directory that chromadb was given",
        )
    levels = dict(database.rows("SELECT dir, MAX(version) FROM migrations GROUP BY dir"))
    for part in NEWEST:
        _check_level(database, part, levels.get(part))
    return {part: levels[part] for part in NEWEST}


def _check_level(database: Database, part: str, level: object) -> None:
    if not isinstance(level, int) or level < OLDEST[part]:
        raise UnsupportedSchema(
            f"`{database.file}` is at schema level {part} {level}, older than any that is known",
            hint="let chromadb 0.5.23 open a copy of the store once; it brings it up to date",
        )
    if level > NEWEST[part]:
        raise UnsupportedSchema(
            f"`{database.file}` is at schema level {part} {level}; known is up to {NEWEST[part]}",
            hint="it was written by a newer chromadb: use a newer memctl",
        )


def vintage(levels: Mapping[str, int]) -> str:
    """Return which chromadb wrote a store last, and after a semicolon what others make of it."""
    if levels["metadb"] >= METADATA_LISTS:
        return "chromadb 1.5; 1.2 and older can't open it"
    if levels["sysdb"] >= SCHEMAS:
        return "chromadb 1.3 or 1.4; 1.2 and older can't open it, 1.5 would migrate it for good"
    if levels["metadb"] >= INTEGER_SEQ_IDS:
        return "chromadb 1.0 to 1.2; 0.6 and older can't open it, 1.3 would migrate it for good"
    if levels["sysdb"] >= LAST_OF_PYTHON:
        return "chromadb 0.5 or 0.6; 1.0 and newer would migrate it for good"
    return "chromadb 0.4 or 0.5; newer ones would migrate it for good"
