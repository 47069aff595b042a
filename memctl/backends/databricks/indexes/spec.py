"""The specification of the index of one memory type, and how an existing one differs from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..naming import endpoint_for, own_indexes
from .layouts import OWN_COLUMNS, PRIMARY_KEY, VECTOR
from .schema import REWRITTEN, normalise_type, read_columns, read_vector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ....model.memory_type import MemoryType

_DOCUMENTED: Final = {kept: sent for sent, kept in REWRITTEN.items()}
"""The service documents the types that it takes under these names, and keeps them under others."""

DIRECT_ACCESS: Final = "DIRECT_ACCESS"


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """An index that is wanted.

    Attributes:
        name: its full name.
        endpoint: the endpoint that is to serve it; `None`: any.
        dimension: of its vectors.
        columns: column -> type.
    """

    name: str
    endpoint: str | None
    dimension: int
    columns: Mapping[str, str]

    def as_request(self) -> dict[str, Any]:
        """Return the body of the request that makes it, without the name."""
        sent = {name: _DOCUMENTED.get(kept, kept) for name, kept in self.columns.items()}
        return {
            "endpoint_name": self.endpoint,
            "primary_key": PRIMARY_KEY,
            "index_type": DIRECT_ACCESS,
            "direct_access_index_spec": {
                "embedding_vector_columns": [
                    {"name": VECTOR, "embedding_dimension": self.dimension}
                ],
                "schema_json": json.dumps(sent),
            },
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which an index differs from its specification."""

    name: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"its {self.name} is {self.found}, not {self.expected}"


def wanted_index(settings: Mapping[str, Any], memory_type: MemoryType) -> IndexSpec:
    """Return the specification of a memory type's index, by the settings of a profile."""
    return IndexSpec(
        name=own_indexes(settings)[memory_type],
        endpoint=endpoint_for(settings, memory_type),
        dimension=settings["dimension"],
        columns=OWN_COLUMNS[memory_type],
    )


def differences(spec: IndexSpec, described: Mapping[str, Any]) -> list[Difference]:
    """Compare an index with what is wanted; columns beyond that are fine.

    Raises:
        NotAStore: when its schema can't be understood.
    """
    vector, dimension = read_vector(described)
    compared = (
        ("endpoint", described.get("endpoint_name"), spec.endpoint),
        ("index type", described.get("index_type"), DIRECT_ACCESS),
        ("primary key", described.get("primary_key"), PRIMARY_KEY),
        ("dimension", dimension, spec.dimension),
        ("vector column", vector, VECTOR),
    )
    found = [
        Difference(name, str(actual), str(wanted))
        for name, actual, wanted in compared
        if wanted is not None and actual != wanted
    ]
    columns = read_columns(described)
    return found + [
        Difference(f"column {name}", columns.get(name, "missing"), normalise_type(wanted))
        for name, wanted in spec.columns.items()
        if columns.get(name) != normalise_type(wanted)
    ]
