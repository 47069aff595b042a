"""Looks up group and crew of rows by id, without reading the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .queue import read_row_layer
from .rows import chunks, storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..opening import Database
    from .catalog import StoredCollection

_GROUP: Final = "group_id"
_CREW: Final = "crew_id"

_QUERY: Final = """
SELECT e.id, e.embedding_id, g.string_value, c.string_value
FROM embeddings AS e
LEFT JOIN embedding_metadata AS g ON g.id = e.id AND g.key = 'group_id'
LEFT JOIN embedding_metadata AS c ON c.id = e.id AND c.key = 'crew_id'
WHERE e.segment_id = ? AND e.embedding_id IN ({})
"""


def owners(
    database: Database, collection: StoredCollection, ids: Iterable[str]
) -> dict[str, tuple[str | None, str | None]]:
    """Return group and crew of each id that the collection holds."""
    layer = read_row_layer(database, collection)
    wanted = storable(ids)
    found = {}
    for some in chunks(wanted):
        query = _QUERY.format(",".join("?" * len(some)))
        for rowid, record_id, group, crew in database.rows(
            query, (collection.metadata_segment, *some)
        ):
            if rowid not in layer.hidden:
                patch = layer.patched.get(rowid, {})
                found[record_id] = _owner({_GROUP: group, _CREW: crew} | dict(patch))
    for record_id in wanted:
        if change := layer.fresh.get(record_id):
            found[record_id] = _owner(change.patch)
    return found


def _owner(metadata: Mapping[str, Any]) -> tuple[str | None, str | None]:
    group, crew = metadata.get(_GROUP), metadata.get(_CREW)
    return group if isinstance(group, str) else None, crew if isinstance(crew, str) else None
