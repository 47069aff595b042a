from __future__ import annotations

import pytest

from memctl.model.memory_type import MemoryType
from memctl.testing.suite import assert_ids_lead_back

from ..chroma_server import open_server
from ..cli.stores import make_foreign_store, row
from ..conftest import open_backend
from ..formats.crewai.stores import unpack
from .test_chroma_server import add_rows

ODD_IDS = [
    "1",
    "01",
    "a/b",
    "a b",
    "it's",
    "é",
    "e\u0301",
    "x#2",
    "x",
    "%",
    "*",
    "a\nb",
    "i" * 5000,
]

NAMES = ("short_term", "memory_entity_crew", "memory_long_term_crew")


def lead_back(backend):
    """Hold the law for all types; return how many rows there were."""
    held = backend.count()
    for memory_type in backend.describe().types:
        assert_ids_lead_back(backend, memory_type)
    return held


def test_ids_of_another_program_lead_back_in_a_chroma_directory(tmp_path):
    odd = [
        {**row(n, crew_id="c" if n % 2 else None), "ids": each} for n, each in enumerate(ODD_IDS)
    ]
    names = dict.fromkeys(NAMES, odd)
    store = make_foreign_store(tmp_path / "store", names)

    with open_backend("chroma", store) as backend:
        assert lead_back(backend) == 3 * len(ODD_IDS)
    with open_backend("chroma", store, writable=True) as backend:
        assert_ids_lead_back(backend, MemoryType.ENTITY)


def test_ids_of_another_program_lead_back_on_a_chroma_server(chroma_server, database):
    for name, metadata in zip(NAMES, (None, {"crew_id": "c"}, {"group_id": "g"}), strict=True):
        add_rows(chroma_server, database, name, dict.fromkeys(ODD_IDS, metadata))

    with open_server(database) as backend:
        assert lead_back(backend) == 3 * len(ODD_IDS)
    with open_server(database, writable=True) as backend:
        assert_ids_lead_back(backend, MemoryType.ENTITY)


@pytest.mark.parametrize(
    "name", ["0.165.1-a", "1.9.3-a", "1.9.3-b-opened", "1.15.30-a", "1.15.30-b"]
)
def test_ids_lead_back_in_a_store_of_each_crewai(tmp_path, name):
    with open_backend("crewai", unpack(name, tmp_path), writable=True) as backend:
        assert lead_back(backend)
