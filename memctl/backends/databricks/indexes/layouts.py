"""Which column of an index holds which field of a record; `rows.records` converts values.

| field        | memctl's own, S2, S3            | S1        | unified    | foreign          |
| ------------ | ------------------------------- | --------- | ---------- | ---------------- |
| `id`         | `id`                            | the same  | the same   | the primary key  |
| `content`    | `content`; entity `description` | the same  | `content`  | a column of text |
| `embedding`  | `embedding`                     | the same  | the same   | the vector       |
| `group_id`   | by its name                     | none      | by its name | by its name     |
| `crew_id`    | by its name (document S2: none) | by its name | by its name | by its name   |
| `agent_id`   | by its name (document: none)    | by its name | by its name | by its name   |
| `session_id` | by its name (short_term only)   | none      | by its name | by its name     |
| `scope`      | none                            | none      | by its name | by its name     |
| `importance` | by its name (long_term only)    | by its name | by its name | by its name   |
| `created_at` | `timestamp`; document `created_at` | the same | `created_at` | either name  |
| the rest     | a column of its name if that holds the value exactly, else the JSON column     |

An entity is kept as Kasal keeps it: `description` is the text, and `entity_name`, `entity_type` and
`relationships` stand in the record's metadata under these names; a row without a description has
its name for content. The JSON column is `metadata`, else `doc_metadata` or `attributes`; there a
field without a column stands under `memctl:record`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ....model.memory_type import MemoryType
from ....model.record import OWNED_FIELDS
from .schema import read_columns, read_vector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PRIMARY_KEY: Final = "id"
VECTOR: Final = "embedding"

OWN_COLUMNS: Final[dict[MemoryType, dict[str, str]]] = {
    MemoryType.SHORT_TERM: {
        "id": "string",
        "content": "string",
        "query_text": "string",
        "session_id": "string",
        "interaction_sequence": "bigint",
        "timestamp": "string",
        "created_at": "timestamp",
        "ttl_hours": "int",
        "metadata": "string",
        "crew_id": "string",
        "agent_id": "string",
        "group_id": "string",
        "llm_model": "string",
        "tools_used": "string",
        "embedding": "array<float>",
        "embedding_model": "string",
        "version": "int",
    },
    MemoryType.LONG_TERM: {
        "id": "string",
        "content": "string",
        "task_description": "string",
        "task_hash": "string",
        "quality": "float",
        "importance": "float",
        "timestamp": "string",
        "last_accessed": "timestamp",
        "metadata": "string",
        "crew_id": "string",
        "agent_id": "string",
        "group_id": "string",
        "llm_model": "string",
        "tools_used": "string",
        "embedding": "array<float>",
        "embedding_model": "string",
        "version": "int",
    },
    MemoryType.ENTITY: {
        "id": "string",
        "entity_name": "string",
        "entity_type": "string",
        "description": "string",
        "relationships": "string",
        "timestamp": "string",
        "metadata": "string",
        "crew_id": "string",
        "agent_id": "string",
        "group_id": "string",
        "llm_model": "string",
        "tools_used": "string",
        "embedding": "array<float>",
        "embedding_model": "string",
    },
    MemoryType.DOCUMENT: {
        "id": "string",
        "title": "string",
        "content": "string",
        "source": "string",
        "document_type": "string",
        "section": "string",
        "chunk_index": "int",
        "chunk_size": "int",
        "parent_document_id": "string",
        "document_summary": "string",
        "agent_ids": "string",
        "created_at": "string",
        "updated_at": "string",
        "doc_metadata": "string",
        "metadata": "string",
        "crew_id": "string",
        "group_id": "string",
        "embedding": "array<float>",
        "embedding_model": "string",
        "version": "int",
    },
    MemoryType.UNIFIED: {
        "id": "string",
        "content": "string",
        "scope": "string",
        "categories": "string",
        "importance": "float",
        "source": "string",
        "private": "boolean",
        "metadata": "string",
        "created_at": "timestamp",
        "last_accessed": "timestamp",
        "crew_id": "string",
        "agent_id": "string",
        "group_id": "string",
        "session_id": "string",
        "llm_model": "string",
        "tools_used": "string",
        "embedding": "array<float>",
        "embedding_model": "string",
        "version": "int",
    },
}
"""What setup makes: Kasal's columns (S2, S3; unified: its head), and what a record lacks there."""

_JSON_COLUMNS: Final = ("metadata", "doc_metadata", "attributes")
_TIME_COLUMNS: Final = ("created_at", "timestamp")
_CONTENT_COLUMNS: Final = ("content", "description", "text", "memory", "document", "page_content")
NAMES_FOR_CONTENT: Final = "entity_name"
"""Where a row has no text, this column names what it is about."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of an index mean.

    Attributes:
        columns: column -> type; empty where the service names none, then any column is taken.
        key: the primary key.
        vector: the column of the vector.
        content: the column of the text.
        json: the column that holds JSON.
        fields: field of a record -> its column, for owners and importance.
        times: columns that hold `created_at`, the most exact one first.
        meant: all of these columns: they hold a field, and so nothing else.
    """

    columns: Mapping[str, str]
    key: str
    vector: str | None
    content: str | None
    json: str | None
    fields: Mapping[str, str]
    times: tuple[str, ...]
    meant: frozenset[str]

    @property
    def has_text_keys(self) -> bool:
        """Whether keys are text and sorted as such; else they are whole numbers."""
        return self.columns.get(self.key, "string") == "string"

    @property
    def has_exact_time(self) -> bool:
        """Whether a time comes back as it was written: text does."""
        return any(self.columns.get(each) == "string" for each in self.times)

    def is_free(self, column: str) -> bool:
        """Return whether a value of the metadata may stand in this column."""
        return column in self.columns and column not in self.meant


def read_layout(described: Mapping[str, Any]) -> Layout:
    """Read from a described index what its columns mean.

    Raises:
        NotAStore: when its schema can't be understood.
    """
    columns = read_columns(described)
    key = described.get("primary_key") or PRIMARY_KEY
    vector, _ = read_vector(described)
    texts = [name for name, kind in columns.items() if kind == "string"]
    fields: dict[str, str] = {name: name for name in OWNED_FIELDS if name in texts}
    if columns.get("importance") in {"float", "double"}:
        fields["importance"] = "importance"
    times = [each for each in _TIME_COLUMNS if columns.get(each) in {"string", "timestamp"}]
    json = _first(_JSON_COLUMNS, texts)
    taken = {key, vector, json, *fields.values(), *times}
    free = [name for name in texts if name not in taken]
    content = _first(_CONTENT_COLUMNS, free) or (free[0] if len(free) == 1 else None)
    return Layout(
        columns=columns,
        key=key,
        vector=vector,
        content=content,
        json=json,
        fields=fields,
        times=tuple(sorted(times, key=lambda each: columns[each] != "string")),
        meant=frozenset(each for each in {*taken, content} if each is not None),
    )


def _first(wanted: Iterable[str], there: Iterable[str]) -> str | None:
    there = frozenset(there)
    return next((each for each in wanted if each in there), None)
