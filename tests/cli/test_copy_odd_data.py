from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from memctl.backends.base import FailureReason, SetupRequest
from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_record

from ..conftest import fingerprint, make_store, open_backend, settle
from .independent import assert_seen, rows_seen
from .stores import change, error_of, make_foreign_store, read_store, row
from .test_backup import assert_holds

LOCAL = ["archive", "chroma", "crewai"]
PAIRS = [(ours, theirs) for ours in LOCAL for theirs in LOCAL]
every_pair = pytest.mark.parametrize(
    ("source", "target"), PAIRS, ids=["-".join(each) for each in PAIRS]
)
every_kind = pytest.mark.parametrize("kind", LOCAL)


def copy(memctl, source: str, target: str):
    ran = memctl("migrate", source, target, "--json")
    assert ran.exit_code == 0, ran.stdout
    assert ran.data["comparison"]["same"] == ran.data["comparison"]["source"]


# Large

LARGE = [
    make_record(1, content="é" * 5_000_000),
    make_record(2, metadata={"page": "编" * 3_400_000, "number": 2}),
    make_record(3, metadata={f"key {number}": number for number in range(10_000)}),
    make_record(4, metadata={"nested": {f"key {number}": [number] for number in range(10_000)}}),
]


def test_ten_megabytes_of_text_and_ten_thousand_keys_go_around_and_come_back(memctl, tmp_path):
    make_store("archive", tmp_path / "archive", LARGE)
    around = ["archive", "chroma", "crewai", "archive"]

    for number, (source, target) in enumerate(pairwise(around)):
        place = tmp_path / (target if number < 2 else "back")
        copy(memctl, f"{source}:{tmp_path / source}", f"{target}:{place}")
        assert_seen(LARGE, target, place)

    assert_holds(LARGE, "archive", tmp_path / "back")


def test_more_keys_than_chroma_takes_can_be_replaced_by_others(memctl, tmp_path):
    """Its own insert of them fails for good: the store could not be read from then on."""
    many = {f"key {number}": number for number in range(8000)}
    ours = make_store("archive", tmp_path / "ours", [make_record(1, metadata=many)])
    other = make_record(1, metadata={f"other {key}": each for key, each in many.items()})
    theirs = make_store("chroma", tmp_path / "theirs", [other])

    ran = memctl(
        "migrate", f"archive:{ours}", f"chroma:{theirs}", "--on-conflict", "overwrite", "--json"
    )

    assert ran.exit_code == 0, ran.stdout
    assert_seen([other], "chroma", theirs)
    assert_holds([make_record(1, metadata=many)], "chroma", theirs)


# Numbers that JSON does not have, and times far away

NUMBERS = {
    "NaN in metadata": {"metadata": {"x": float("nan")}},
    "an infinity in metadata": {"metadata": {"x": [{"y": float("-inf")}]}},
    "NaN as importance": {"importance": float("nan")},
    "an infinity as importance": {"importance": float("inf")},
}


@every_kind
@pytest.mark.parametrize("case", NUMBERS)
def test_a_number_that_json_does_not_have_is_refused_by_name(tmp_path, kind, case):
    plain = [make_record(1), make_record(3)]
    place = make_store(kind, tmp_path / "store", [make_record(0)]) if kind != "archive" else None
    with open_backend(kind, tmp_path / "store", writable=True) as backend:
        if place is None:
            for step in backend.plan_setup(SetupRequest((MemoryType.SHORT_TERM,))):
                step.do()
            backend.upsert(MemoryType.SHORT_TERM, [make_record(0)])
        result = backend.upsert(
            MemoryType.SHORT_TERM, [plain[0], make_record(2, **NUMBERS[case]), plain[1]]
        )
        settle(backend)
        backend.finish()

    assert (result.done, list(result.failed)) == (2, ["record-00002"])
    assert result.failed["record-00002"].reason is FailureReason.REFUSED
    assert_seen([make_record(0), *plain], kind, tmp_path / "store")


@pytest.fixture
def infinite(tmp_path):
    """A store as chromadb up to 0.6 makes it, which put infinities into its table."""
    rows = [row(0, "zero", a=1.5), row(1, "one", bad=2.5, ok="k"), row(2, "two", a=1.25)]
    store = make_foreign_store(tmp_path / "infinite", {"short_term": rows})
    change(store, "UPDATE embedding_metadata SET float_value = 9e999 WHERE key = 'bad'")
    return store


@every_kind
def test_a_row_with_an_infinity_is_refused_by_name_and_the_others_arrive(
    memctl, tmp_path, infinite, kind
):
    before = fingerprint(infinite)

    ran = memctl("migrate", f"chroma:{infinite}", f"{kind}:{tmp_path}/target", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (8, "write_failed")
    assert "`row-001`" in error_of(ran)["message"]
    place = tmp_path / ("target.partial" if kind == "archive" else "target")
    assert sorted(each[0] for each in rows_seen(kind, place)) == ["row-000", "row-002"]
    assert fingerprint(infinite) == before


def test_a_row_with_an_infinity_is_shown_and_compared(memctl, infinite):
    at = f"chroma:{infinite}"

    listed = memctl("records", "list", "--at", at, "--json").data["records"]
    same = memctl("diff", at, at, "--json")

    assert [each["metadata"].get("bad") for each in listed] == [None, "Infinity", None]
    assert (same.exit_code, same.data["types"][0]["same"]) == (0, 3)


def test_a_number_that_chromadb_itself_drops_is_no_loss(memctl, tmp_path):
    odd = {"nan": float("nan"), "inf": float("inf"), "kept": 1.5}
    store = make_foreign_store(tmp_path / "store", {"short_term": [row(1, "one", **odd)]})

    copy(memctl, f"chroma:{store}", f"archive:{tmp_path}/target")

    (found,) = read_store("archive", tmp_path / "target").values()
    assert found.metadata == {"kept": 1.5}


TIMES = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2999, 2, 28, tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
]


@every_pair
def test_times_of_long_ago_and_of_the_future_arrive(memctl, tmp_path, source, target):
    written = [make_record(number, created_at=each) for number, each in enumerate(TIMES)]
    ours = make_store(source, tmp_path / "ours", written)

    copy(memctl, f"{source}:{ours}", f"{target}:{tmp_path}/theirs")

    assert_holds(written, target, tmp_path / "theirs")
    at = f"{target}:{tmp_path}/theirs"
    assert memctl("stats", "--at", at, "--json").data["total"] == len(TIMES)


@pytest.mark.parametrize("kind", ["chroma", "crewai"])
def test_what_was_made_in_the_future_is_not_old(memctl, tmp_path, kind):
    written = [make_record(number, created_at=each) for number, each in enumerate(TIMES)]
    store = make_store(kind, tmp_path / "store", written)

    ran = memctl(
        "clear", "--all", "--older-than", "1d", "--at", f"{kind}:{store}", "--yes", "--json"
    )

    assert ran.exit_code == 0, ran.stdout
    assert_seen(written[2:], kind, store)
