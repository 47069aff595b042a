"""One direct-access index: its spec, its state, and which rows it takes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..refusal import invalid
from .columns import BITS, FLOATS, VECTORS, fits, parse_schema
from .rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .rows import Key, Row

LARGEST_DIMENSION = 4096
NARROW = frozenset({"float", "array<float>"})


@dataclass(frozen=True, slots=True)
class Spec:
    """What an index is made of; none of it ever changes.

    Attributes:
        columns: column -> type, as the service spells it, sorted by column.
        vector: the column of the vector, of `dimension` numbers.
        sources: ``embedding_source_columns``, as they were given.
        subtype: ``HYBRID`` or ``FULL_TEXT``.
    """

    primary_key: str
    columns: dict[str, str]
    vector: str
    dimension: int
    sources: list[dict[str, Any]]
    subtype: str

    def key(self, text: str) -> Key:
        """Read a primary key as requests name it, as text: it is that, or a whole number.

        Raises:
            Refusal: when it is none.
        """
        if self.columns[self.primary_key] == "string":
            return text
        try:
            return int(text)
        except ValueError:
            raise invalid(f"Primary key {text} is not a number.") from None

    def as_json(self) -> dict[str, Any]:
        """Write it as the service does."""
        vectors = [{"name": self.vector, "embedding_dimension": self.dimension}]
        written: dict[str, Any] = {"embedding_vector_columns": vectors}
        if self.sources:
            written["embedding_source_columns"] = self.sources
        return {**written, "schema_json": json.dumps(self.columns)}


def parse_spec(primary_key: str, subtype: str, spec: dict[str, Any], *, by_16: bool) -> Spec:
    """Read ``direct_access_index_spec``.

    Args:
        primary_key: the column that names a row.
        subtype: ``HYBRID`` or ``FULL_TEXT``.
        spec: what was sent.
        by_16: whether the endpoint's type needs a dimension that 16 divides.

    Raises:
        Refusal: when it fits no index.
    """
    if "schema_json" not in spec:
        raise invalid("schema_json is required for a direct access index.")
    columns = parse_schema(spec["schema_json"])
    vectors = spec.get("embedding_vector_columns") or []
    if len(vectors) != 1:
        raise invalid("Exactly one embedding vector column is required.")
    name, dimension = vectors[0].get("name"), vectors[0].get("embedding_dimension")
    if columns.get(name) not in VECTORS:
        raise invalid(f"Embedding vector column {name} must be an array<float> in schema_json.")
    if columns.get(primary_key) not in {"string", *BITS}:
        raise invalid(f"Primary key {primary_key} must be a string or integer in schema_json.")
    if not isinstance(dimension, int) or not 0 < dimension <= LARGEST_DIMENSION:
        raise invalid(f"Embedding dimension must be between 1 and {LARGEST_DIMENSION}.")
    if by_16 and dimension % 16:
        raise invalid("Embedding dimension must be divisible by 16 on this endpoint type.")
    sources = spec.get("embedding_source_columns") or []
    return Spec(primary_key, columns, name, dimension, sources, subtype)


@dataclass(slots=True)
class Index:
    """One index and its rows.

    Attributes:
        name: its full name, in lower case.
        endpoint_id: the endpoint that it is bound to for good.
        ready_at: the clock's second from which on it can be used.
        state: a ``detailed_state`` that it was put into; `None`: what the time gives.
        before: its rows as they were before the last write, if the next read is to see those.
    """

    name: str
    endpoint_name: str
    endpoint_id: str
    creator: str
    ready_at: float
    spec: Spec
    id: str = field(default_factory=lambda: str(uuid4()))
    state: str | None = None
    message: str | None = None
    before: Rows | None = None
    rows: Rows = field(init=False)

    def __post_init__(self) -> None:
        self.rows = Rows(self.spec.primary_key, self.spec.vector)

    def read(self) -> Rows:
        """Return the rows as a client sees them."""
        before, self.before = self.before, None
        return self.rows if before is None else before

    def sort_out(self, rows: Iterable[Row]) -> tuple[list[Row], list[str]]:
        """Return the rows that fit, as they are kept, and the keys of those that don't.

        Raises:
            Refusal: when a row has no key or a column that is not in the schema.
        """
        good, bad = [], []
        for row in rows:
            self._check_form(row)
            if self._takes(row):
                good.append(self._kept(row))
            else:
                bad.append(str(row[self.spec.primary_key]))
        return good, bad

    def _check_form(self, row: Row) -> None:
        unknown = row.keys() - self.spec.columns.keys()
        if unknown:
            raise invalid(f"Column {min(unknown)} is not in the schema of index {self.name}.")
        key = row.get(self.spec.primary_key)
        if key is None or key == "":
            raise invalid(f"Primary key {self.spec.primary_key} is missing or empty in a row.")
        if not fits(key, self.spec.columns[self.spec.primary_key]):
            raise invalid(f"Primary key {self.spec.primary_key} of a row has the wrong type.")

    def _takes(self, row: Row) -> bool:
        if not all(fits(value, self.spec.columns[column]) for column, value in row.items()):
            return False
        vector = row.get(self.spec.vector)
        return vector is not None and len(vector) == self.spec.dimension

    def _kept(self, row: Row) -> Row:
        """Return a row as it is kept: every column, numbers as narrow as their column is."""
        return {
            column: _narrow(row.get(column), column_type)
            for column, column_type in self.spec.columns.items()
        }

    def as_json(self, status: dict[str, Any]) -> dict[str, Any]:
        """Write it as the service does."""
        return {
            **self.listed(),
            "id": self.id,
            "direct_access_index_spec": self.spec.as_json(),
            "status": status,
        }

    def listed(self) -> dict[str, Any]:
        """Write what a list says of it."""
        return {
            "name": self.name,
            "endpoint_name": self.endpoint_name,
            "endpoint_id": self.endpoint_id,
            "primary_key": self.spec.primary_key,
            "index_type": "DIRECT_ACCESS",
            "index_subtype": self.spec.subtype,
            "creator": self.creator,
        }


def _narrow(value: Any, column_type: str) -> Any:
    import numpy as np

    if value is None:
        return None
    if column_type in NARROW:
        return np.asarray(value, dtype=np.float32).tolist()
    return float(value) if column_type in FLOATS else value
