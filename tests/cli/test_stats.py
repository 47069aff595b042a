from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memctl.backends.chroma.names import read_name
from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_record, make_records

from ..conftest import make_store
from .stores import INDEX_ON_DISK, error_of, make_foreign_store, row

FOREIGN = {
    "entities": MemoryType.ENTITY,
    "memory_entities": MemoryType.ENTITY,
    "memory_long_term_Researcher_Writer": MemoryType.LONG_TERM,
    "memory_short_term": MemoryType.SHORT_TERM,
    "memory_short_term_Senior_Researcher": MemoryType.SHORT_TERM,
    "sales_crew_entity": MemoryType.ENTITY,
    "sales_crew_short_term": MemoryType.SHORT_TERM,
    "short_term": MemoryType.SHORT_TERM,
    "knowledge_sales": None,
    "short_term_notes": None,
}


@pytest.fixture(scope="session")
def foreign_directory(tmp_path_factory):
    """A store whose collections are named as other programs do, two rows in each."""
    collections = {
        name: [row(number, group_id="acme" if number else None) for number in (0, 1)]
        for name in FOREIGN
    }
    for name in ("short_term", "entities"):
        collections[name] = [row(number, crew_id="sales_crew", agent_id="x") for number in (0, 1)]
    return make_foreign_store(
        tmp_path_factory.mktemp("foreign") / "store", collections, INDEX_ON_DISK
    )


WRITTEN = [
    *make_records(30),
    make_record(40, agent_id=None, crew_id="sales"),
    make_record(41, crew_id="sales", type=MemoryType.LONG_TERM),
    make_record(42, crew_id=None, created_at=None),
    make_record(43, group_id="beta"),
    make_record(44, group_id="beta", type=MemoryType.ENTITY),
    make_record(45, group_id=None),
    make_record(46, group_id=None, crew_id="sales"),
]


@pytest.fixture(scope="session")
def shared_directory(tmp_path_factory):
    """A store of memctl's own with rows of two groups and of none; not to be written."""
    return make_store("chroma", tmp_path_factory.mktemp("shared") / "store", WRITTEN)


@pytest.fixture
def stats(memctl):
    """Give what `memctl stats --json` says."""

    def run(*arguments):
        ran = memctl("stats", *arguments, "--json")
        assert ran.exit_code == 0, ran.stdout
        return ran.data

    return run


# The document


def test_the_document_has_the_promised_keys(stats, shared_directory):
    data = stats("--at", f"chroma:{shared_directory}")

    assert data.keys() >= {
        "backend", "location", "profile", "selected_by", "total", "unscoped", "types",
        "collections", "crews", "size_bytes",
    }  # fmt: skip
    assert data["types"][0].keys() >= {"type", "records", "dimensions", "collections"}
    assert data["collections"][0].keys() >= {"name", "type", "records", "dimension", "metric"}
    assert data["crews"][0].keys() >= {"crew_id", "group_id", "records"}


def test_a_location_has_no_profile_and_counts_every_row(stats, shared_directory):
    data = stats("--at", f"chroma:{shared_directory}")

    assert (data["backend"], data["location"]) == ("chroma", f"chroma:{shared_directory}")
    assert (data["profile"], data["selected_by"], data["group_id"]) == (None, "at", None)
    assert (data["total"], data["unscoped"]) == (len(WRITTEN), 2)


def test_a_type_says_its_records_dimensions_and_collections(stats, shared_directory):
    types = {each["type"]: each for each in stats("--at", f"chroma:{shared_directory}")["types"]}

    assert types["short_term"] == {
        "type": "short_term",
        "records": 35,
        "dimensions": [4],
        "collections": ["short_term"],
        "is_enabled": True,
    }
    assert (types["entity"]["records"], types["document"]["records"]) == (1, 0)
    assert types["document"]["dimensions"] == []


def test_a_collection_says_its_type_records_dimension_and_metric(stats, shared_directory):
    collections = stats("--at", f"chroma:{shared_directory}")["collections"]

    assert {
        "name": "long_term",
        "type": "long_term",
        "records": 1,
        "dimension": 4,
        "metric": "cosine",
    } in collections


def test_crews_agents_and_days_add_up(stats, shared_directory):
    data = stats("--at", f"chroma:{shared_directory}")

    for part in ("types", "crews", "agents", "days"):
        assert sum(each["records"] for each in data[part]) == data["total"], part
    assert data["crews"][0] == {"crew_id": "research", "group_id": "acme", "records": 30}
    assert {"crew_id": None, "group_id": "acme", "records": 1} in data["crews"]
    assert {"agent_id": None, "crew_id": "sales", "records": 1} in data["agents"]
    assert {"day": None, "records": 1} in data["days"]
    assert {"day": "2026-01-01", "records": 24} in data["days"]
    assert (data["oldest"], data["newest"]) == ("2026-01-01T00:00:00Z", "2026-01-02T22:00:00Z")


def test_days_are_in_order(stats, shared_directory):
    days = [each["day"] for each in stats("--at", f"chroma:{shared_directory}")["days"]]

    assert days == [None, "2026-01-01", "2026-01-02"]


def test_the_size_is_that_of_the_stores_own_files(stats, shared_directory):
    files = [each for each in shared_directory.rglob("*") if each.is_file()]

    assert stats("--at", f"chroma:{shared_directory}")["size_bytes"] == sum(
        each.stat().st_size for each in files
    )


def test_an_archive_is_counted_alike(stats, tmp_path, shared_directory):
    archive = make_store("archive", tmp_path / "archive", WRITTEN)

    of_archive, of_chroma = (
        stats("--at", f"archive:{archive}"),
        stats("--at", f"chroma:{shared_directory}"),
    )

    for part in ("total", "unscoped", "crews", "agents", "days", "oldest", "newest"):
        assert of_archive[part] == of_chroma[part], part


def test_an_empty_store_counts_nothing(stats, memctl):
    memctl("setup", "chroma")

    data = stats()

    assert (data["total"], data["unscoped"], data["crews"], data["days"]) == (0, 0, [], [])
    assert (data["oldest"], data["newest"]) == (None, None)


# Whose rows


def test_a_crew_counts_its_own_rows_only(stats, shared_directory):
    data = stats("sales", "--at", f"chroma:{shared_directory}")

    assert (data["total"], data["unscoped"], data["crew_id"]) == (3, 1, "sales")
    assert {each["type"]: each["records"] for each in data["types"] if each["records"]} == {
        "short_term": 2,
        "long_term": 1,
    }
    assert {each["crew_id"] for each in data["crews"]} == {"sales"}


def test_a_crew_of_no_rows_counts_nothing(stats, shared_directory):
    assert stats("nobody", "--at", f"chroma:{shared_directory}")["total"] == 0


@pytest.mark.parametrize(
    ("asked", "total"),
    [
        (("-g", "acme"), 33),
        (("-g", "acme", "--include-unscoped"), 35),
        (("-g", "acme", "sales"), 2),
        (("-g", "acme", "sales", "--include-unscoped"), 3),
        (("-g", "beta"), 2),
        (("-g", "nobody"), 0),
    ],
)
@pytest.mark.parametrize("through", ["profile", "shared profile", "at"])
def test_only_rows_of_the_group_are_counted(stats, memctl, shared_directory, through, asked, total):  # noqa: PLR0917 - as pytest hands them over
    group = asked[1]
    owner = {"profile": group, "shared profile": "default", "at": "elsewhere"}[through]
    memctl("setup", "chroma", "--path", shared_directory, "-g", owner)
    at = ("--at", f"chroma:{shared_directory}") if through == "at" else ()

    data = stats(*asked, *at)

    assert data["total"] == total
    assert data["unscoped"] == (1 if "sales" in asked else 2)
    assert data["group_id"] == group
    assert data["selected_by"] == {
        "profile": "group_default",
        "shared profile": "shared_default",
        "at": "at",
    }[through]  # fmt: skip


def test_a_profile_counts_the_group_default_and_not_every_row(stats, memctl, shared_directory):
    memctl("setup", "chroma", "--path", shared_directory)

    data = stats()

    assert (data["total"], data["unscoped"], data["profile"]) == (0, 2, "chroma")


def test_a_type_that_the_profile_switches_off_is_shown_as_off(stats, memctl, shared_directory):
    memctl("setup", "chroma", "--path", shared_directory, "-g", "acme")
    memctl("config", "update", "chroma", "--disable", "long_term", "-g", "acme")

    enabled = {each["type"]: each["is_enabled"] for each in stats("-g", "acme")["types"]}

    assert (enabled["short_term"], enabled["long_term"]) == (True, False)
    assert stats("-g", "acme")["total"] == 33


# Other programs' names


def test_names_of_other_programs_are_read(stats, foreign_directory):
    data = stats("--at", f"chroma:{foreign_directory}")

    assert {each["name"]: each["type"] for each in data["collections"]} == FOREIGN
    assert {each["type"]: each["records"] for each in data["types"]} == {
        "short_term": 8,
        "long_term": 2,
        "entity": 6,
    }


def test_collections_of_no_memory_type_are_listed_and_not_counted(stats, foreign_directory):
    data = stats("--at", f"chroma:{foreign_directory}")

    knowledge = {each["name"]: each for each in data["collections"] if each["type"] is None}
    assert knowledge.keys() == {"knowledge_sales", "short_term_notes"}
    assert knowledge["knowledge_sales"]["records"] == 2
    assert data["total"] == 16


def test_a_crew_is_read_from_a_collections_name(stats, foreign_directory):
    at = ("--at", f"chroma:{foreign_directory}")

    crews = {each["crew_id"]: each["records"] for each in stats(*at)["crews"]}

    assert crews.keys() == {None, "sales_crew", "Senior_Researcher", "Researcher_Writer"}
    assert stats("sales_crew", *at)["total"] == 8
    assert stats("Senior_Researcher", *at)["total"] == 2
    assert stats("sales", *at)["total"] == 0


def test_a_map_says_the_type_of_a_collection(stats, foreign_directory):
    data = stats("--at", f"chroma:{foreign_directory}", "--map", "document=knowledge_sales")

    assert data["total"] == 18
    types = {each["name"]: each["type"] for each in data["collections"]}
    assert (types["knowledge_sales"], types["short_term_notes"]) == ("document", None)


def test_a_map_outranks_a_name(stats, foreign_directory):
    data = stats(
        "--at", f"chroma:{foreign_directory}",
        "--map", "entity=short_term", "--map", "long_term=sales_crew_entity",
    )  # fmt: skip

    assert {each["type"]: each["records"] for each in data["types"]} == {
        "short_term": 6,
        "long_term": 4,
        "entity": 6,
    }


def test_a_map_in_a_profile_counts_like_the_option(stats, memctl, foreign_directory):
    memctl(
        "setup", "chroma", "--path", foreign_directory, "-g", "acme",
        "--map", "document=knowledge_sales",
    )  # fmt: skip

    types = {each["type"]: each["records"] for each in stats("-g", "acme")["types"]}

    assert types["document"] == 1


@pytest.mark.parametrize("pair", ["short_term", "memory=x", "=x", "short_term=", ""])
def test_a_map_that_is_none_is_a_usage_error(memctl, foreign_directory, pair):
    ran = memctl("stats", "--at", f"chroma:{foreign_directory}", f"--map={pair}", "--json")

    assert ran.exit_code == 2
    assert error_of(ran)["code"] == "usage"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("short_term", (MemoryType.SHORT_TERM, None)),
        ("entities", (MemoryType.ENTITY, None)),
        ("document", (MemoryType.DOCUMENT, None)),
        ("memory_short_term", (MemoryType.SHORT_TERM, None)),
        ("memory_short_term_Roles", (MemoryType.SHORT_TERM, "Roles")),
        # the prefix comes before the suffix
        ("memory_long_term_crew_short_term", (MemoryType.LONG_TERM, "crew_short_term")),
        ("memory_crew_short_term", (MemoryType.SHORT_TERM, "memory_crew")),
        ("my_crew_short_term", (MemoryType.SHORT_TERM, "my_crew")),
        ("crew_entities", (MemoryType.ENTITY, "crew")),
        ("_short_term", (None, None)),
        ("memory_short_terms", (None, None)),
        ("SHORT_TERM", (None, None)),
        ("short_term_crew", (None, None)),
        ("shortterm", (None, None)),
        ("memory_", (None, None)),
        ("", (None, None)),
    ],
)
def test_a_name_is_read_exactly_then_by_prefix_then_by_suffix(name, expected):
    assert read_name(name) == expected


names = st.lists(
    st.sampled_from(["memory", "short_term", "long_term", "entities", "entity", "crew", "x"]),
    max_size=4,
).map("_".join)


@given(names)
def test_any_name_has_a_type_and_a_crew_or_none(name):
    memory_type, crew = read_name(name)

    assert memory_type is not None or crew is None
    assert crew is None or (crew and crew in name)


# Any rows


@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    owners=st.lists(
        st.tuples(
            st.sampled_from([None, "acme", "beta"]),
            st.sampled_from([None, "a", "b"]),
            st.sampled_from([MemoryType.SHORT_TERM, MemoryType.ENTITY]),
        ),
        max_size=12,
    ),
    asked=st.tuples(
        st.sampled_from([None, "acme", "beta", "nobody"]),
        st.sampled_from([None, "a", "b", "nobody"]),
        st.booleans(),
    ),
)
def test_any_rows_are_counted_as_a_model_counts_them(stats, tmp_path_factory, owners, asked):
    group, crew, unscoped = asked
    written = [
        replace(make_record(number), group_id=of_group, crew_id=of_crew, type=memory_type)
        for number, (of_group, of_crew, memory_type) in enumerate(owners)
    ]
    archive = make_store("archive", tmp_path_factory.mktemp("any") / "archive", written)
    options = [crew] if crew else []
    options += ["-g", group] if group else []
    options += ["--include-unscoped"] if unscoped else []

    data = stats(*options, "--at", f"archive:{archive}")

    of_crew = [each for each in written if crew is None or each.crew_id == crew]
    meant = [
        each
        for each in of_crew
        if group is None or each.group_id == group or (unscoped and each.group_id is None)
    ]
    assert data["total"] == len(meant)
    assert data["unscoped"] == sum(each.group_id is None for each in of_crew)
    counted = Counter((each.crew_id, each.group_id) for each in meant)
    assert {
        (each["crew_id"], each["group_id"]): each["records"] for each in data["crews"]
    } == counted
