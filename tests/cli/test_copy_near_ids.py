from __future__ import annotations

import pytest

from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_record

from ..conftest import make_store
from .independent import assert_seen
from .test_backup import assert_holds
from .test_copy_odd_data import copy, every_kind, every_pair

NEAR = ["a", "A", "é", "e\u0301", "Å", "\u212b", "ß", "ss", "ﬁ", "fi", "İ", "i̇", " a", "a ", "a\t"]
NEAR += ["a\u200b", "\u00a0a", "1", "01", "1.0", "null", "#2", "a#2", "a\x00b"]
NEARLY_ONE = [make_record(n, id=each, content=f"{n} {each!r}") for n, each in enumerate(NEAR)]


@every_pair
def test_ids_that_differ_in_case_form_or_spaces_are_records_of_their_own(
    memctl, tmp_path, source, target
):
    ours = make_store(source, tmp_path / "ours", NEARLY_ONE)

    copy(memctl, f"{source}:{ours}", f"{target}:{tmp_path}/theirs")

    assert_seen(NEARLY_ONE, target, tmp_path / "theirs")
    assert_holds(NEARLY_ONE, target, tmp_path / "theirs")


@every_kind
def test_a_comparison_tells_ids_that_are_nearly_the_same_apart(memctl, tmp_path, kind):
    ours = make_store(kind, tmp_path / "ours", NEARLY_ONE[::2])
    theirs = make_store("archive", tmp_path / "theirs", NEARLY_ONE[1::2])

    ran = memctl("diff", f"{kind}:{ours}", f"archive:{theirs}", "--list", "--json")

    assert ran.exit_code == 3
    only = {"only_in_source": set(NEAR[::2]), "only_in_target": set(NEAR[1::2])}
    found = ran.data["differences"]
    assert {state: {e["id"] for e in found if e["state"] == state} for state in only} == only
    assert len(found) == len(NEAR)


@pytest.mark.parametrize("kind", ["chroma", "crewai"])
def test_a_clear_of_one_id_spares_those_that_are_nearly_the_same(memctl, tmp_path, kind):
    store = make_store(kind, tmp_path / "store", NEARLY_ONE)
    meant = NEAR[::3]
    words = [word for each in meant for word in ("--id", each)]

    ran = memctl("clear", *words, "--all", "--at", f"{kind}:{store}", "--yes", "--json")

    assert ran.exit_code == 0, ran.stdout
    left = [each for each in NEARLY_ONE if each.id not in meant]
    assert_seen(left, kind, store)


def test_an_id_that_ends_as_memctls_own_rows_of_crewai_do_keeps_its_end(memctl, tmp_path):
    written = [make_record(n, id=each) for n, each in enumerate(["a", "a#memctl:entity"])]
    written.append(make_record(3, id="a#memctl:short_term", type=MemoryType.ENTITY))
    ours = make_store("archive", tmp_path / "ours", written)

    copy(memctl, f"archive:{ours}", f"crewai:{tmp_path}/theirs")
    copy(memctl, f"crewai:{tmp_path}/theirs", f"archive:{tmp_path}/back")

    assert_seen(written, "archive", tmp_path / "back")
    assert_holds(written, "archive", tmp_path / "back")
