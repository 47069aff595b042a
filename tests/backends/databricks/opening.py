"""Makes indexes in a sandbox and opens them as a store; no test of its own."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from memctl.backends.base import Access
from memctl.backends.databricks.backend import DatabricksBackend
from memctl.backends.databricks.indexes.layouts import OWN_COLUMNS
from memctl.backends.databricks.naming import index_setting
from memctl.model.errors import StoreNotFound
from memctl.model.memory_type import MemoryType
from memctl.testing.records import DIMENSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from memctl.backends.databricks.indexes.service import VectorSearch

ALL_INDEXES = {each: f"ml.agents.{each}" for each in MemoryType}
SHORT_TERM = MemoryType.SHORT_TERM
INDEX = ALL_INDEXES[SHORT_TERM]


def open_store(
    sandbox,
    *,
    writable: bool = True,
    timeout: float = 10,
    secrets: Mapping[str, str] | None = None,
    indexes: Mapping[MemoryType, str] = ALL_INDEXES,
    **settings: Any,
) -> DatabricksBackend:
    """Open indexes of a sandbox, as the administrator unless other secrets are given."""
    given = {"token": sandbox.token} if secrets is None else secrets
    hidden = {name: SecretStr(value) for name, value in given.items()}
    values = {
        "workspace_url": sandbox.url,
        "dimension": DIMENSION,
        **{index_setting(each): name for each, name in indexes.items()},
        **settings,
    }
    return DatabricksBackend(
        DatabricksBackend.info.parse_settings(values),
        read_secret=hidden.get,
        access=Access(writable=writable, timeout=timeout),
    )


def make_endpoint(service: VectorSearch, endpoint_type: str = "STANDARD") -> None:
    body = {"name": "memory", "endpoint_type": endpoint_type}
    service.request("POST", "/endpoints", body, what="the endpoint")


def make_index(
    service: VectorSearch,
    name: str,
    columns: Mapping[str, str] | None,
    *,
    key: str = "id",
    vector: str = "embedding",
    dimension: int = DIMENSION,
) -> None:
    spec: dict[str, Any] = {
        "embedding_vector_columns": [{"name": vector, "embedding_dimension": dimension}]
    }
    if columns is not None:
        spec["schema_json"] = json.dumps(columns)
    body = {
        "name": name,
        "endpoint_name": "memory",
        "primary_key": key,
        "index_type": "DIRECT_ACCESS",
        "direct_access_index_spec": spec,
    }
    service.request("POST", "/indexes", body, what="the index")
    with suppress(StoreNotFound):
        service.describe(name)  # the first read after a write may be stale


def make_store(
    sandbox,
    *,
    types: tuple[MemoryType, ...] = (SHORT_TERM,),
    endpoint_type: str = "STANDARD",
    dimension: int = DIMENSION,
    **options: Any,
) -> DatabricksBackend:
    """Make memctl's own indexes of some types, and open them."""
    indexes = {each: ALL_INDEXES[each] for each in types}
    with open_store(sandbox, indexes={}) as setup:
        make_endpoint(setup.service, endpoint_type)
        for memory_type, name in indexes.items():
            make_index(setup.service, name, OWN_COLUMNS[memory_type], dimension=dimension)
    return open_store(sandbox, indexes=indexes, dimension=dimension, **options)
