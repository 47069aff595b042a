from __future__ import annotations

import pytest

from memctl.formats.crewai import CollectionName, read_name
from memctl.model.memory_type import MemoryType

SHORT_TERM, ENTITY = MemoryType.SHORT_TERM, MemoryType.ENTITY
LONG = "Extremely_Verbose_Principal_Staff_Senior_Researcher_and_more"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("short_term", CollectionName(SHORT_TERM)),
        ("entities", CollectionName(ENTITY)),
        ("memory_short_term", CollectionName(SHORT_TERM)),
        ("memory_entities_Writer", CollectionName(ENTITY, "Writer")),
        ("acme_crew_1a2b3c4d_short_term", CollectionName(SHORT_TERM, "acme_crew_1a2b3c4d")),
        ("acme_entities", CollectionName(ENTITY, "acme")),
        ("knowledge", CollectionName(None, is_knowledge=True)),
        ("knowledge_short_term", CollectionName(None, is_knowledge=True)),
        ("memory_shorter", CollectionName(None)),
        ("memory_short_terms", CollectionName(None)),
        ("products", CollectionName(None)),
    ],
)
def test_a_name_says_type_and_crew(name, expected):
    assert read_name(name) == expected


def test_a_cut_name_gives_the_crew_that_all_cut_names_have_room_for():
    short = read_name(f"memory_short_term_{LONG}"[:63])
    entity = read_name(f"memory_entities_{LONG}"[:63])

    assert short.is_cut
    assert entity.is_cut
    assert short.crew == entity.crew == LONG[:45]


def test_a_cut_name_ends_as_crewai_ends_it():
    roles = "a" * 44 + "_" + "b" * 20
    short = f"memory_short_term_{roles}"[:62] + "z"  # CrewAI replaces a last character like `_`

    assert read_name(short).crew == read_name(f"memory_entities_{roles}"[:63]).crew
