"""Copies into a store that takes records without vectors, and has no column for some fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from memctl.backends import registry
from memctl.backends.facets import Columned
from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_record

from .. import small_store
from ..conftest import make_store
from .stores import error_of

TARGET = "small:host/db"


class NarrowStore(small_store.SmallStore, Columned):
    """The small store, without a column for the scope."""

    def unheld_fields(self, memory_type, record):
        assert memory_type in small_store.TYPES
        return ["scope"] if record.scope else []


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    small_store.install(monkeypatch)
    monkeypatch.setattr(small_store, "NarrowStore", NarrowStore, raising=False)
    monkeypatch.setitem(registry.BACKENDS, "small", "small:NarrowStore")
    database = small_store.SmallStore.server.database("host/db")
    database.rows[MemoryType.DOCUMENT] = {}  # only a store that is there has columns
    return database


@pytest.mark.parametrize(("scope", "exit_code"), [("/crew/research", 7), (None, 0)])
def test_a_field_without_a_column_is_refused_before_anything_is_written(
    memctl, tmp_path, narrow, scope, exit_code
):
    record = replace(make_record(1), type=MemoryType.DOCUMENT, scope=scope)
    source = f"archive:{make_store('archive', tmp_path / 'source', [record])}"

    ran = memctl("migrate", source, TARGET, "--json")

    assert ran.exit_code == exit_code
    assert bool(narrow.rows[MemoryType.DOCUMENT]) == (exit_code == 0)
    if exit_code:
        assert "1 document records have `scope`" in error_of(ran)["message"]
