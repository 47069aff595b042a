"""What it costs to learn which collections a store has: as much for many records as for few."""

from __future__ import annotations

import sqlite3
from collections import Counter
from urllib.parse import urlsplit

import pytest

from memctl.backends.base import MemoryBackend
from memctl.backends.crewai.unified.table import Table
from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_records

from ..chroma_proxy import chroma_proxy
from ..chroma_server import fill_server, new_database, open_server
from ..conftest import make_store, open_backend
from ..formats.crewai.stores import unpack

SHORT_TERM, ENTITY = MemoryType.SHORT_TERM, MemoryType.ENTITY
MOST_PUBLIC_NAMES = 25


@pytest.fixture
def statements(monkeypatch):
    """Every statement that SQLite is given from now on."""
    found = []
    connect = sqlite3.connect

    def traced(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.set_trace_callback(found.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    return found


def describe(backend):
    with backend:
        return list(backend.describe().collections)


def counting(statements):
    return [each for each in statements if "COUNT(" in each.upper()]


def test_the_interface_has_few_public_names():
    names = [name for name in dir(MemoryBackend) if not name.startswith("_")]

    assert len(names) <= MOST_PUBLIC_NAMES, names


def test_a_directory_is_described_by_as_many_statements_whatever_it_holds(tmp_path, statements):
    taken = []
    for number in (3, 300):
        path = make_store("chroma", tmp_path / str(number), make_records(number))
        statements.clear()
        found = describe(open_backend("chroma", path))
        assert [each.type for each in found if each.dimension] == [SHORT_TERM]
        assert counting(statements) == []
        taken.append(len(statements))

    assert taken[0] == taken[1] > 0


def test_a_server_is_described_by_as_many_requests_whatever_it_holds(chroma_server):
    taken = []
    with chroma_proxy(chroma_server) as (origin, proxy):
        for number in (3, 300):
            with new_database(origin) as url:
                fill_server(url, make_records(number))
                proxy.asked.clear()
                assert len(describe(open_server(url))) == len(MemoryType)
                names = [urlsplit(each.path).path.rpartition("/")[2] for each in proxy.asked]
                assert "count" not in names
                assert "get" not in names
                taken.append(len(names))

    assert taken[0] == taken[1] > 0


@pytest.mark.parametrize("name", ["0.165.1-a", "1.9.3-a"])
def test_memory_of_crewai_up_to_1_9_is_described_without_a_count(tmp_path, statements, name):
    found = describe(open_backend("crewai", unpack(name, tmp_path)))

    assert {each.type for each in found} > {SHORT_TERM}
    assert statements
    assert counting(statements) == []


def test_of_unified_memory_a_row_of_each_type_is_looked_for(tmp_path, monkeypatch):
    read, columns = [], Table.columns

    def counted(table, *arguments):
        for batch in columns(table, *arguments):
            read.append(batch.num_rows)
            yield batch

    monkeypatch.setattr(Table, "columns", counted)
    taken = []
    for number in (20, 400):
        records = [*make_records(number), *make_records(number, type=ENTITY)]
        path = make_store("crewai", tmp_path / str(number), records)
        read.clear()
        found = describe(open_backend("crewai", path))
        assert {each.type for each in found} == {SHORT_TERM, ENTITY, MemoryType.UNIFIED}
        taken.append(sum(read))

    assert taken[0] == taken[1] <= 2 * 16


@pytest.mark.parametrize("number", [24, 240])
def test_a_migration_asks_a_server_for_its_collections_a_few_times(
    memctl, tmp_path, chroma_server, number
):
    source = make_store("archive", tmp_path / "source", make_records(number))
    with chroma_proxy(chroma_server) as (origin, proxy), new_database(origin) as url:
        ran = memctl(
            "migrate", f"archive:{source}", f"chroma:{url}", "--batch-size", "12", "--json"
        )

    assert ran.exit_code == 0, ran.stdout
    asked = Counter(
        urlsplit(each.path).path.rpartition("/")[2] for each in proxy.asked if each.method == "GET"
    )
    assert asked["collections"] <= 10
    assert asked["count"] <= 4


@pytest.mark.parametrize("number", [24, 240])
def test_a_migration_counts_a_directory_a_few_times(memctl, tmp_path, statements, number):
    source = make_store("chroma", tmp_path / "source", make_records(number))
    statements.clear()

    ran = memctl(
        *("migrate", f"chroma:{source}", f"chroma:{tmp_path / 'target'}", "--batch-size", "12"),
        *("--crew", "research", "--json"),
    )

    assert ran.exit_code == 0, ran.stdout
    assert len(counting(statements)) <= 15
    assert len([each for each in statements if "FROM collections" in each]) <= 13
