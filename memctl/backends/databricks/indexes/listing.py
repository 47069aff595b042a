"""The list of indexes: those of a profile, and others on the same endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ....model.backend.index import IndexFacts
from ....model.errors import MemctlError, StoreNotFound
from ..naming import TABLES, endpoint_for, own_indexes
from .schema import read_columns, read_vector
from .states import index_state_of, state_of_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ....model.memory_type import MemoryType
    from .service import VectorSearch


def list_indexes(service: VectorSearch, settings: Mapping[str, Any]) -> Sequence[IndexFacts]:
    """List the profile's indexes, then the others on its endpoints; a look at each.

    Raises:
        MemctlError: when nobody can log in.
    """
    own = own_indexes(settings)
    others: dict[str, None] = {}
    for endpoint in dict.fromkeys(filter(None, (endpoint_for(settings, each) for each in own))):
        try:
            listed = service.indexes_on(endpoint)
        except StoreNotFound:
            continue
        others |= dict.fromkeys(str(each["name"]) for each in listed)
    names = {name: memory_type for memory_type, name in own.items()}
    return [
        look_at(service, name, names.get(name))
        for name in [*names, *sorted(others.keys() - names.keys())]
    ]


def find_index(service: VectorSearch, settings: Mapping[str, Any], name: str) -> IndexFacts:
    """Look at one index, given by its name, by the end of its name, or by its memory type.

    Raises:
        StoreNotFound: when there is none.
    """
    memory_type, full_name = name_index(settings, name)
    service.describe(full_name, fresh=True)
    return look_at(service, full_name, memory_type)


def name_index(settings: Mapping[str, Any], name: str) -> tuple[MemoryType | None, str]:
    """Return the memory type and the full name of the index that was named."""
    own = own_indexes(settings)
    for memory_type, full_name in own.items():
        if name in {memory_type.value, full_name, full_name.rpartition(".")[2]}:
            return memory_type, full_name
    if name in {each.value for each in TABLES}:
        raise StoreNotFound(
            f"the profile names no index for `{name}`",
            hint=f"make one with `memctl index create {name}`",
        )
    return None, name


def look_at(service: VectorSearch, name: str, memory_type: MemoryType | None) -> IndexFacts:
    """Return the facts of one index; where it can't be read, the state says why."""
    try:
        described = service.describe(name)
        columns = read_columns(described)
    except MemctlError as exc:
        return IndexFacts(name, memory_type, state_of_error(exc) or exc.message)
    counted = (described.get("status") or {}).get("indexed_row_count")
    return IndexFacts(
        name=name,
        type=memory_type,
        state=index_state_of(service, described),
        endpoint=described.get("endpoint_name"),
        records=int(counted) if counted is not None else None,
        dimension=read_vector(described)[1],
        primary_key=described.get("primary_key"),
        columns=columns,
        owner=described.get("creator"),
    )
