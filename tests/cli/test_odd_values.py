"""Values that another program may have put where memctl keeps its own."""

from __future__ import annotations

import json

import pytest

from memctl.core.transfer.comparison import merge_join

from ..backends.crewai import foreign
from ..conftest import fingerprint
from .stores import error_of, make_foreign_store, read_store, row

DEEP = '{"a":' + "[" * 1000 + "]" * 1000 + "}"
OF_CHROMA = {
    "deep JSON": {"memctl:json": DEEP},
    "JSON with NaN": {"memctl:json": '{"a": NaN}'},
    "JSON of a key that is there": {"a": 1, "memctl:json": '{"a": 2}'},
    "an origin that is none": {"memctl:json": '{"memctl:origin": {"collection": 5}}'},
    "an importance that is NaN": {"memctl:importance": "nan"},
    "an importance that no float holds": {"importance": 2**62 + 1},
    "two importances": {"importance": 0.25, "memctl:importance": "0.75"},
    "an importance that is a flag": {"importance": True},
}
OF_CREWAI = {
    "deep metadata": {"metadata_str": DEEP},
    "deep categories": {"categories_str": "[" * 1000 + "]" * 1000},
    "an importance that is NaN": {"importance": float("nan")},
    "an importance of text": {"metadata_str": '{"memctl:record": {"importance": "0.5"}}'},
    "an importance without end": {"metadata_str": '{"memctl:record": {"importance": 1e999}}'},
    "a crew that is a list": {"metadata_str": '{"memctl:record": {"crew_id": ["x"]}}'},
    "a group that is a number": {"metadata_str": '{"memctl:record": {"group_id": 5}}'},
    "a type that is a list": {"metadata_str": '{"memctl:record": {"type": []}}'},
}


@pytest.fixture(
    params=[*(("chroma", each) for each in OF_CHROMA), *(("crewai", each) for each in OF_CREWAI)],
    ids=str,
)
def odd(request, tmp_path):
    """A store with one odd row among others."""
    kind, name = request.param
    path = tmp_path / "odd"
    if kind == "chroma":
        others = [row(number) for number in range(3)]
        make_foreign_store(path, {"short_term": [*others, row(3, **OF_CHROMA[name])]})
    else:
        others = [foreign.row(number) for number in range(3)]
        foreign.make_table(path, [*others, foreign.row(3, **OF_CREWAI[name])])
    return f"{kind}:{path}"


@pytest.mark.parametrize("target", ["archive", "chroma", "crewai"])
def test_a_store_with_an_odd_value_is_copied_whole(memctl, tmp_path, odd, target):
    ran = memctl("migrate", odd, f"{target}:{tmp_path}/target", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["comparison"]["same"] == 4
    assert len(read_store(target, tmp_path / "target")) == 4


def test_a_store_with_an_odd_value_is_looked_at_and_backed_up(memctl, odd, monkeypatch):
    monkeypatch.setattr(merge_join, "WAITING", 0)  # what waits is kept in the file

    codes = {
        words: memctl(*words, "--json").exit_code
        for words in [("diff", odd, odd), ("backup", odd), ("stats", "--at", odd)]
    }
    checked = memctl("verify", "--at", odd, "--json")

    assert set(codes.values()) == {0}, codes
    assert checked.exit_code in {0, 3}, checked.stdout


def test_what_no_field_holds_exactly_stays_in_the_metadata(memctl, tmp_path):
    store = make_foreign_store(
        tmp_path / "store",
        {"short_term": [row(0, **OF_CHROMA["an importance that no float holds"])]},
    )

    memctl("migrate", f"chroma:{store}", f"archive:{tmp_path}/archive", "--json")

    (found,) = read_store("archive", tmp_path / "archive").values()
    assert (found.importance, found.metadata["importance"]) == (None, 2**62 + 1)


@pytest.mark.parametrize("target", ["archive", "chroma"])
def test_a_target_within_the_source_is_refused(memctl, tmp_path, target):
    store = make_foreign_store(tmp_path / "store", {"short_term": [row(0)]})
    before = fingerprint(store)

    ran = memctl("migrate", f"chroma:{store}", f"{target}:{store}/inner", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (2, "usage")
    assert "lies within the source" in error_of(ran)["message"]
    assert fingerprint(store) == before
    assert json.loads(ran.stdout)["data"] == {}
