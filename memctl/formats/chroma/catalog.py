"""The collections of a store, and how each is set up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ...model.bounded import parse_json
from ..translate import as_text, parsing
from .schema import BOOLEAN_COLLECTION_METADATA, CONFIGURATIONS, SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..opening import Database

METRICS: Final = ("cosine", "ip", "l2")
_DEFAULT_METRIC: Final = "l2"
_SPACE: Final = "hnsw:space"
_LARGEST_DIMENSION: Final = 2**16
"""Larger ones are damage, and would ask for more memory than there is."""

UUID_TEXT: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class StoredCollection:
    """One collection of a store.

    Attributes:
        id: a UUID as text; two databases of one store may hold collections of the same name.
        name: unique within its database.
        database: `default_database` unless the user made others.
        tenant: `default_tenant` unless the user made others.
        dimension: of its vectors; `None` until the first record is added.
        metric: `cosine`, `l2` or `ip`.
        metadata: of the collection, as chromadb shows it.
        vector_segment: names the directory of the HNSW index.
        metadata_segment: names its rows in the table `embeddings`.
    """

    id: str
    name: str
    database: str
    tenant: str
    dimension: int | None
    metric: str
    vector_segment: str
    metadata_segment: str
    metadata: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def topic_pattern(self) -> str:
        """What `LIKE` finds the collection's operations in `embeddings_queue` by."""
        return f"%/{self.id}"


def read_collections(database: Database) -> list[StoredCollection]:
    """Return every collection of every database, by name.

    Raises:
        DamagedStore: when a collection lacks a segment or its configuration can't be read.
    """
    configuration = "c.config_json_str" if database.levels["sysdb"] >= CONFIGURATIONS else "NULL"
    schema = "c.schema_str" if database.levels["sysdb"] >= SCHEMAS else "NULL"
    rows = database.rows(
        f"SELECT c.id, c.name, d.name, d.tenant_id, c.dimension, {configuration}, {schema}"  # noqa: S608 - column names from constants
        " FROM collections AS c JOIN databases AS d ON d.id = c.database_id"
        " ORDER BY c.name, d.tenant_id, d.name"
    )
    segments = _read_segments(database)
    metadata = _read_metadata(database, "collection_metadata", "collection_id")
    settings = _read_metadata(database, "segment_metadata", "segment_id")
    with parsing(database.file, "a collection is not set up as chromadb does it"):
        return [_collection(row, segments, metadata, settings) for row in rows]


def _collection(
    row: tuple[Any, ...],
    segments: Mapping[tuple[str, str], str],
    metadata: Mapping[str, dict[str, Any]],
    settings: Mapping[str, dict[str, Any]],
) -> StoredCollection:
    collection_id, name, database, tenant, dimension, configuration, schema = row
    if dimension is not None and not 0 < dimension <= _LARGEST_DIMENSION:
        raise ValueError("a dimension out of bounds")
    vectors = _uuid(segments[collection_id, "VECTOR"])
    own = metadata.get(collection_id, {})
    declared = _declared_metric(configuration, schema)
    return StoredCollection(
        id=_uuid(collection_id),
        name=as_text(name),
        database=as_text(database),
        tenant=as_text(tenant),
        dimension=dimension,
        metric=_metric(declared, settings.get(vectors, {}), own),
        vector_segment=vectors,
        metadata_segment=_uuid(segments[collection_id, "METADATA"]),
        metadata=own,
    )


def _uuid(text: str) -> str:
    """Return the id; it becomes part of a path and of a pattern, so it may be nothing else."""
    if not UUID_TEXT.fullmatch(text):
        raise ValueError("an id that is no UUID")
    return text


def _read_segments(database: Database) -> dict[tuple[str, str], str]:
    rows = database.rows("SELECT collection, scope, id FROM segments")
    return {(collection, scope): segment for collection, scope, segment in rows}


def _read_metadata(database: Database, table: str, owner: str) -> dict[str, dict[str, Any]]:
    flag = "bool_value" if database.levels["sysdb"] >= BOOLEAN_COLLECTION_METADATA else "NULL"
    found: dict[str, dict[str, Any]] = {}
    for owner_id, key, plain, truth in database.rows(
        f"SELECT {owner}, key, COALESCE(str_value, int_value, float_value), {flag} FROM {table}"  # noqa: S608 - names from constants
    ):
        value = plain if plain is not None or truth is None else bool(truth)
        found.setdefault(owner_id, {})[key] = value
    return found


def _declared_metric(configuration: str | None, schema: str | None) -> str | None:
    """Return the metric that chromadb 1.x wrote down, if any.

    chromadb 0.5 writes `hnsw_configuration` with its defaults whatever the metric is.
    """
    if schema:
        index = parse_json(schema)["keys"]["#embedding"]["float_list"]["vector_index"]
        space = index["config"].get("space")
    else:
        hnsw = parse_json(configuration or "{}").get("vector_index", {}).get("hnsw") or {}
        space = hnsw.get("space")
    return None if space is None else as_text(space)


def _metric(declared: str | None, settings: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """Return the metric, from the three places where it may stand.

    Only chromadb 0.5 fills a segment's settings, and its index was built with them; a default that
    1.x declares for such a collection says nothing.
    """
    metric = declared
    if declared in (None, _DEFAULT_METRIC) and _SPACE in settings:
        metric = settings[_SPACE]
    if metric is None:
        metric = own.get(_SPACE, _DEFAULT_METRIC)
    if metric not in METRICS:
        raise ValueError("an unknown metric")
    return metric
