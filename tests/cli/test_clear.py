from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memctl.backends.base import Access
from memctl.backends.memory import MemoryInProcess
from memctl.core.clear.counting import count_rows
from memctl.core.clear.rows import DeleteType
from memctl.core.operations.locks import hold_lock
from memctl.core.transfer.identity import Identity
from memctl.core.transfer.lookup import InStore
from memctl.model.memory_type import MemoryType
from memctl.model.progress import Silent
from memctl.model.record import same_record
from memctl.model.selector import Selector
from memctl.testing.records import EPOCH, make_record, make_records

from ..conftest import fingerprint, make_store, no_secret, open_backend
from ..formats.chroma.stores import unpack
from .kills import kill_again_and_again
from .stores import error_of, make_foreign_store, read_store, row
from .terminal import Conversation

ENTITY = MemoryType.ENTITY
LONG_TERM = MemoryType.LONG_TERM
ODD_CREWS = [
    "research", "research2", "res", "Research", "research%", "%", "_esearch", "o'brien", '"',
    "x'; DROP TABLE embeddings; --", "' OR '1'='1", "a/b", "..", "--all", "crew\\", "编 🧠",
]  # fmt: skip
MINE = [
    *make_records(4),
    make_record(4, type=ENTITY),
    make_record(5, type=LONG_TERM),
    make_record(6, type=ENTITY, created_at=None),
]
THEIRS = [
    make_record(10, crew_id="sales"),
    make_record(11, group_id="globex"),
    make_record(12, group_id=None),
    make_record(13, crew_id="research2", type=ENTITY),
    make_record(14, crew_id=None),
]


@pytest.fixture(scope="module")
def mixed_directory(tmp_path_factory):
    """A store of several crews and groups; not to be written."""
    path = tmp_path_factory.mktemp("mixed") / "store"
    return make_store("chroma", path, [*MINE, *THEIRS])


@pytest.fixture
def mixed(mixed_directory, tmp_path):
    """A copy of it, to be cleared."""
    return Path(shutil.copytree(mixed_directory, tmp_path / "mixed"))


def ids(records) -> set[str]:
    return {each.id for each in records}


def held(path: Path) -> set[str]:
    return set(read_store("chroma", path))


def clear(memctl, path: Path, *arguments: object):
    return memctl("clear", *arguments, "--at", f"chroma:{path}", "-g", "acme", "--json", "-y")


def assert_holds(expected, path: Path) -> None:
    found = read_store("chroma", path)
    assert found.keys() == ids(expected)
    assert all(same_record(each, found[each.id]) for each in expected)


# What is refused before anything is connected


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--type", "entity"],
        ["--older-than", "30d"],
        ["--id", "x"],
        ["research", "--all"],
        ["research", "--max-delete", "-1"],
    ],
)
def test_clear_refuses_without_selector(memctl, tmp_path, arguments):
    assert memctl("clear", *arguments, "--at", f"chroma:{tmp_path}/none", "-y").exit_code == 2


@pytest.mark.parametrize("extra", [[], ["--no-input"], ["--no-backup"], ["--all"]])
def test_without_a_terminal_it_needs_yes(memctl, tmp_path, extra):
    who = [] if "--all" in extra else ["research"]

    ran = memctl(
        "clear", *who, *extra, "--at", f"chroma:{tmp_path}/none", "--json", stdin="research\n"
    )

    assert ran.exit_code == 2
    assert "--yes" in error_of(ran)["hint"]


@pytest.mark.parametrize(
    "age",
    ["", "x", "30", "d", "-3d", "3.5d", "3 d", "30D", "1y", "٣d", "2026-13-01", "2999-01-01",
     "999999999w", "0001-01-01T00:00:00+14:00", "nan"],
)  # fmt: skip
def test_an_age_that_is_none_is_refused(memctl, tmp_path, age):
    ran = memctl(
        "clear",
        "research",
        f"--older-than={age}",
        "--at",
        f"chroma:{tmp_path}/none",
        "--json",
        "-y",
    )

    assert ran.exit_code == 2
    assert "30d" in error_of(ran)["hint"]


# What is deleted, and what stays


def test_only_rows_of_that_crew_and_that_group_are_deleted(memctl, mixed):
    ran = clear(memctl, mixed, "research")

    assert ran.exit_code == 0, ran.stdout
    assert_holds(THEIRS, mixed)
    assert ran.data["deleted"] == len(MINE)
    assert ran.data["left"] == 0
    assert ran.data["unscoped"] == 1
    assert {each["type"]: each["deleted"] for each in ran.data["types"]} == {
        "short_term": 4,
        "long_term": 1,
        "entity": 2,
    }


def test_through_a_profile_only_rows_of_its_group_are_deleted(memctl, mixed):
    memctl("setup", "chroma", "--path", mixed, "-g", "acme")

    ran = memctl("clear", "research", "-g", "acme", "--json", "-y")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["profile"] == "chroma"
    assert_holds(THEIRS, mixed)


def test_through_the_shared_profile_only_rows_of_the_asking_group_are_deleted(memctl, mixed):
    memctl("setup", "chroma", "--path", mixed)

    assert memctl("clear", "research", "-g", "globex", "-y").exit_code == 0
    assert_holds([each for each in [*MINE, *THEIRS] if each.group_id != "globex"], mixed)
    assert memctl("clear", "research", "--json", "-y").data["total"] == 0


def test_rows_without_a_group_are_deleted_where_that_is_asked_for(memctl, mixed):
    ran = clear(memctl, mixed, "research", "--include-unscoped")

    assert ran.data["deleted"] == len(MINE) + 1
    assert_holds([each for each in THEIRS if each.group_id is not None], mixed)


def test_at_a_location_rows_of_every_group_are_meant_and_counted_apart(memctl, mixed):
    ran = memctl("clear", "research", "--at", f"chroma:{mixed}", "--json", "-n")

    assert {
        (each["group_id"], each["type"], each["records"]) for each in ran.data["collections"]
    } == {
        ("acme", "short_term", 4),
        ("acme", "long_term", 1),
        ("acme", "entity", 2),
        ("globex", "short_term", 1),
        (None, "short_term", 1),
    }


def test_at_a_location_the_groups_are_named_to_people(memctl, mixed):
    ran = memctl("clear", "research", "--at", f"chroma:{mixed}", "-n")

    assert "rows of `acme`, `globex` and rows without a group" in " ".join(ran.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["research", "--type", "entity"], {4, 6}),
        (["research", "-t", "entity", "-t", "long_term"], {4, 5, 6}),
        (["research", "--id", "record-00001", "--id", "record-00010"], {1}),
        (["research", "--id", ""], set()),
        (["research", "--older-than", "2026-01-01T02:00:00Z"], {0, 1}),
        (["research", "--older-than", "1h"], {0, 1, 2, 3, 4, 5}),
        (["research", "--older-than", "2026-01-01"], set()),
        (["nobody"], set()),
        (["--all"], {0, 1, 2, 3, 4, 5, 6, 10, 13, 14}),
        (["--all", "--type", "entity"], {4, 6, 13}),
    ],
)
def test_a_selector_means_just_its_rows(memctl, mixed, arguments, expected):
    ran = clear(memctl, mixed, *arguments, "--no-backup")

    assert ran.exit_code == 0, ran.stdout
    everything = {each.metadata["number"] for each in [*MINE, *THEIRS]}
    kept = {each.metadata["number"] for each in read_store("chroma", mixed).values()}
    assert kept == everything - expected
    assert ran.data["deleted"] == len(expected)


def test_a_crew_named_like_another_or_like_sql_is_cleared_alone(memctl, tmp_path):
    written = [make_record(n, crew_id=crew) for n, crew in enumerate(ODD_CREWS)]
    store = make_store("chroma", tmp_path / "store", written)

    for number, crew in enumerate(ODD_CREWS[:-1]):
        ran = memctl("clear", "--at", f"chroma:{store}", "--no-backup", "--json", "-y", "--", crew)

        assert ran.data["deleted"] == 1, crew
        assert held(store) == ids(written[number + 1 :])


@pytest.mark.parametrize("crew", ["", "x" * 256, "a\nb"])
def test_what_can_be_no_crew_is_refused(memctl, mixed, crew):
    assert memctl("clear", "--at", f"chroma:{mixed}", "-y", "--", crew).exit_code == 4
    assert len(held(mixed)) == len([*MINE, *THEIRS])


def test_a_store_of_another_program_is_cleared_by_crew_whole(memctl, tmp_path):
    collections = {
        "research_short_term": [row(n) for n in range(3)],
        "research_entities": [row(n) for n in range(2)],
        "sales_short_term": [row(n) for n in range(2)],
        "knowledge_x": [row(0)],
    }
    store = make_foreign_store(tmp_path / "store", collections)

    ran = memctl("clear", "research", "--at", f"chroma:{store}", "--json", "-y")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["deleted"] == 5
    found = memctl("stats", "--at", f"chroma:{store}", "--json").data["collections"]
    assert {each["name"]: each["records"] for each in found} == {
        "research_short_term": 0,
        "research_entities": 0,
        "sales_short_term": 2,
        "knowledge_x": 1,
    }


def test_equal_ids_in_two_collections_of_one_crew_are_both_kept_in_the_backup(memctl, tmp_path):
    same = {"short_term": [row(1, "one")], "memory_short_term": [row(1, "two")]}
    store = make_foreign_store(tmp_path / "store", same)

    ran = memctl("clear", "--all", "--at", f"chroma:{store}", "--json", "-y")

    assert (ran.exit_code, ran.data["deleted"]) == (0, 2), ran.stdout
    kept = memctl("backup", "list", "--json").data["backups"][0]
    assert kept["records"] == 2


# The backup that is made first


def test_what_was_cleared_can_be_restored_as_it_was(memctl, mixed):
    cleared = clear(memctl, mixed, "research")

    ran = memctl("restore", cleared.data["backup"], "--json")

    assert ran.exit_code == 0, ran.stdout
    assert_holds([*MINE, *THEIRS], mixed)


def test_the_history_links_a_clear_with_its_backup(memctl, mixed):
    cleared = clear(memctl, mixed, "research").data

    operation = memctl("history", "--json").data["operations"][0]
    (backup,) = memctl("backup", "list", "--json").data["backups"]

    assert cleared["backup"] == cleared["operation_id"] == operation["id"] == backup["id"]
    assert (operation["command"], operation["group_id"]) == ("clear", "acme")
    assert operation["subject"] == f"crew `research` in chroma:{mixed}"
    assert f"back up to backups/{backup['id']}" in [each["name"] for each in operation["steps"]]
    assert {each["outcome"] for each in operation["steps"]} == {"done"}
    assert (backup["made_by"], backup["records"]) == ("clear", len(MINE))


def test_no_backup_makes_none(memctl, mixed):
    ran = clear(memctl, mixed, "research", "--no-backup")

    assert ran.data["backup"] is None
    assert memctl("backup", "list", "--json").data["backups"] == []
    assert_holds(THEIRS, mixed)


def test_nothing_to_delete_is_fine_and_leaves_no_trace(memctl, mixed, home):
    before = fingerprint(mixed)

    ran = clear(memctl, mixed, "nobody")

    assert (ran.exit_code, ran.data["total"], ran.data["backup"]) == (0, 0, None)
    assert fingerprint(mixed) == before
    assert list(home.iterdir()) == []


def test_running_again_deletes_nothing_more(memctl, mixed):
    clear(memctl, mixed, "research")

    assert clear(memctl, mixed, "research").data["deleted"] == 0
    assert len(memctl("backup", "list", "--json").data["backups"]) == 1


def backend_of(records) -> MemoryInProcess:
    backend = MemoryInProcess({}, read_secret=no_secret, access=Access(writable=True))
    for each in records:
        backend.upsert(each.type, [each])
    return backend


def delete_type(backend, selector, *, kept=None, batch_size=3, memory_type=MemoryType.SHORT_TERM):
    step = DeleteType(
        backend, memory_type, selector, kept=kept, batch_size=batch_size, progress=Silent()
    )
    if not step.find():
        step.do()
    return step


def test_a_row_that_changed_or_came_after_the_backup_stays():
    backend = backend_of(make_records(10))
    archive = backend_of(make_records(9))
    backend.upsert(MemoryType.SHORT_TERM, [make_record(4, content="written meanwhile")])
    kept = Identity(InStore(archive), stamp_group=None, mark_origin=False, arrange=None)

    step = delete_type(backend, Selector(crew_id="research"), kept=kept)

    left = [each.id for batch in backend.scan(MemoryType.SHORT_TERM) for each in batch.records]
    assert sorted(left) == ["record-00004", "record-00009"]
    step.count(backend)
    assert (step.deleted, step.left, step.returned) == (8, 2, 0)


# What stops it


def test_a_dry_run_counts_by_type_and_writes_nothing(memctl, mixed, home):
    before = fingerprint(mixed)

    ran = memctl("clear", "research", "--at", f"chroma:{mixed}", "-g", "acme", "--json", "-n")

    assert ran.exit_code == 0
    assert ran.data["dry_run"]
    assert {each["type"]: each["records"] for each in ran.data["types"]} == {
        "short_term": 4,
        "long_term": 1,
        "entity": 2,
    }
    assert ran.data["deleted"] == 0
    assert fingerprint(mixed) == before
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("extra", [["-y"], ["-n"], ["-y", "--no-backup"]])
def test_more_than_max_delete_deletes_nothing(memctl, mixed, home, extra):
    before = fingerprint(mixed)
    arguments = ("clear", "research", "--at", f"chroma:{mixed}", "-g", "acme", "--json", *extra)

    ran = memctl(*arguments, "--max-delete", "6")

    assert ran.exit_code == 3
    assert error_of(ran)["code"] == "max_delete_exceeded"
    assert fingerprint(mixed) == before
    assert list(home.iterdir()) == []
    assert memctl(*arguments, "--max-delete", "7").exit_code == 0


@pytest.mark.parametrize("extra", ["-n", "-y"])
def test_a_store_of_another_schema_level_is_not_touched(memctl, tmp_path, home, extra):
    store = unpack("0.5-below", tmp_path)
    before = fingerprint(store)

    ran = memctl("clear", "--all", "--at", f"chroma:{store}", "--json", extra)

    assert ran.exit_code == 7
    assert error_of(ran)["code"] == "unsupported_schema"
    assert fingerprint(store) == before
    assert list(home.iterdir()) == []


def test_a_finished_archive_is_not_touched(memctl, archive_directory):
    before = fingerprint(archive_directory)

    ran = memctl("clear", "research", "--at", f"archive:{archive_directory}", "--json", "-y")

    assert ran.exit_code == 7
    assert error_of(ran)["hint"]
    assert fingerprint(archive_directory) == before


def test_a_store_that_is_not_there_is_an_error(memctl, tmp_path):
    assert memctl("clear", "x", "--at", f"chroma:{tmp_path}/none", "-y").exit_code == 4


def test_a_store_that_another_memctl_writes_to_is_left_alone(memctl, mixed):
    with open_backend("chroma", mixed) as backend, hold_lock(backend.writer_lock):
        ran = clear(memctl, mixed, "research")

    assert ran.exit_code == 6
    assert_holds([*MINE, *THEIRS], mixed)


def test_a_backup_that_can_not_be_made_leaves_the_store_alone(memctl, mixed, home):
    (home / "backups").write_text("a file in the way")

    ran = clear(memctl, mixed, "research")

    assert ran.exit_code == 4
    assert_holds([*MINE, *THEIRS], mixed)


# On a terminal


def test_on_a_terminal_the_crew_is_to_be_typed(mixed):
    with Conversation("clear", "research", "--at", f"chroma:{mixed}", "-g", "acme") as talk:
        shown = talk.read_until("type `research` to delete it: ")
        talk.type("research")
        talk.end()

    assert f"chroma:{mixed}" in shown
    assert "short_term" in shown
    assert talk.exit_code == 0, talk.said
    assert_holds(THEIRS, mixed)


@pytest.mark.parametrize("answer", ["y", "yes", "research2", ""])
def test_any_other_word_deletes_nothing(mixed, answer):
    with Conversation("clear", "research", "--at", f"chroma:{mixed}", "--json") as talk:
        talk.read_until("delete it: ")
        talk.type(answer)
        talk.end()

    assert talk.exit_code == 1
    assert json.loads(talk.stdout)["errors"][0]["code"] == "declined"
    assert_holds([*MINE, *THEIRS], mixed)


def test_no_input_does_not_ask_on_a_terminal_either(mixed):
    with Conversation("clear", "research", "--at", f"chroma:{mixed}", "--no-input") as talk:
        talk.end()

    assert talk.exit_code == 2


# Killed, and by chance


def kill_and_run_again(memctl, tmp_path: Path, home: Path, kills: int) -> None:
    """Kill a clear at random points, then let it end: what it deleted, backups hold."""
    mine = make_records(200)
    theirs = [make_record(n, crew_id="sales", type=ENTITY) for n in range(5000, 5030)]
    store = make_store("chroma", tmp_path / "store", [*mine, *theirs])
    arguments = (
        "clear", "research", "--at", f"chroma:{store}", "--batch-size", "10", "--json", "-y",
    )  # fmt: skip
    kill_again_and_again(kills, ["back up to", "delete short_term ..."], *arguments)

    ran = memctl(*arguments)

    assert (ran.exit_code, ran.data["left"]) == (0, 0), ran.stdout
    assert_holds(theirs, store)
    kept = {}
    for each in memctl("backup", "list", "--json").data["backups"]:
        if each["state"] == "complete":
            kept |= read_store("archive", home / "backups" / each["id"])
    assert kept.keys() == ids(mine)
    assert all(same_record(each, kept[each.id]) for each in mine)


def test_a_clear_killed_at_random_points_loses_nothing_and_ends(memctl, tmp_path, home):
    kill_and_run_again(memctl, tmp_path, home, kills=10)


@pytest.mark.many_kills
def test_a_clear_killed_fifty_times_loses_nothing_and_ends(memctl, tmp_path, home):
    kill_and_run_again(memctl, tmp_path, home, kills=50)


groups = st.sampled_from(["g", "G", "g2", None])
crews = st.sampled_from(["a", "a'b", "a%", "", None])
few_types = st.sampled_from([MemoryType.SHORT_TERM, ENTITY])
hours = st.none() | st.integers(0, 5)


@st.composite
def stored_records(draw):
    """Some records of several owners; numbers are ids."""
    owners = draw(st.lists(st.tuples(groups, crews, few_types, hours), max_size=12))
    return [
        make_record(
            number,
            id=str(number),
            group_id=group,
            crew_id=crew,
            type=memory_type,
            created_at=None if hour is None else EPOCH + timedelta(hours=hour),
        )
        for number, (group, crew, memory_type, hour) in enumerate(owners)
    ]


selectors = st.builds(
    Selector,
    group_id=groups,
    include_unscoped=st.booleans(),
    crew_id=crews,
    types=st.frozensets(few_types),
    created_before=hours.map(lambda hour: None if hour is None else EPOCH + timedelta(hours=hour)),
    ids=st.none() | st.frozensets(st.integers(0, 12).map(str)),
)


def is_meant(record, selector: Selector) -> bool:
    """Say it anew, in the words of the design and not of the code."""
    group = selector.group_id
    mine = group is None or record.group_id == group
    unscoped = selector.include_unscoped and record.group_id is None
    before = selector.created_before
    return (
        (mine or unscoped)
        and selector.crew_id in {None, record.crew_id}
        and (not selector.types or record.type in selector.types)
        and (before is None or (record.created_at is not None and record.created_at < before))
        and (selector.ids is None or record.id in selector.ids)
    )


@settings(max_examples=1000)
@given(records=stored_records(), selector=selectors, batch_size=st.integers(1, 5))
def test_no_row_of_another_crew_or_group_is_ever_touched(records, selector, batch_size):
    backend = backend_of(records)
    rows, unscoped = count_rows(backend, selector)
    meant = [each for each in records if is_meant(each, selector)]
    lacking = [
        each
        for each in records
        if each not in meant and is_meant(each, replace(selector, include_unscoped=True))
    ]

    assert sum(each.records for each in rows) == len(meant)
    assert unscoped == len(lacking)
    for memory_type in {each.type for each in rows}:
        of_type = replace(selector, types=frozenset({memory_type}))
        delete_type(backend, of_type, batch_size=batch_size, memory_type=memory_type)

    left = [
        record
        for memory_type in backend.describe().types
        for batch in backend.scan(memory_type)
        for record in batch.records
    ]
    kept = {each.id: each for each in records if each not in meant}
    assert ids(left) == kept.keys()
    assert all(same_record(each, kept[each.id]) for each in left)


def test_random_selectors_on_chroma_touch_no_other_row(memctl, tmp_path):
    chance = random.Random(7)
    written = [
        make_record(
            number,
            group_id=chance.choice(["g", "G", "g2", None]),
            crew_id=chance.choice(["a", "a'b", "a%", "b"]),
            type=chance.choice([MemoryType.SHORT_TERM, ENTITY]),
        )
        for number in range(120)
    ]
    store = make_store("chroma", tmp_path / "store", written)
    left = {each.id: each for each in written}
    for _ in range(8):
        crew, group = chance.choice(["a", "a'b", "a%"]), chance.choice(["g", "G", "g2"])
        hour, memory_type = chance.randrange(120), chance.choice([MemoryType.SHORT_TERM, ENTITY])
        cutoff = EPOCH + timedelta(hours=hour)
        selector = Selector(
            group, crew_id=crew, types=frozenset({memory_type}), created_before=cutoff
        )
        ran = memctl(
            "clear", crew, "-g", group, "-t", memory_type, "--older-than", cutoff.isoformat(),
            "--at", f"chroma:{store}", "--no-backup", "-y", "--json",
        )  # fmt: skip
        gone = {each.id for each in left.values() if is_meant(each, selector)}
        left = {each: record for each, record in left.items() if each not in gone}

        assert ran.data["deleted"] == len(gone), ran.stdout
        assert_holds(left.values(), store)


def test_an_age_counts_back_from_now(memctl, tmp_path):
    now = datetime.now(UTC)
    written = [make_record(n, created_at=now - timedelta(days=n, minutes=5)) for n in range(40)]
    store = make_store("chroma", tmp_path / "store", written)

    for age, expected in [("5w", 35), ("30d", 30), ("12h", 1)]:
        clear(memctl, store, "research", "--older-than", age, "--no-backup")
        assert len(held(store)) == expected
