from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memctl.formats.chroma import open_store
from memctl.formats.chroma.tally import utc_time
from memctl.model.errors import DamagedStore

from .stores import ADD, UPDATE, by_name, change, queue, read_rows

KEYS = ("group_id", "crew_id", "agent_id")


def time_of(metadata, stored_at):
    text = metadata.get("created_at")
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return stored_at
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def counted_by_hand(store, collection):
    counts, times = Counter(), {}
    for batch in store.scan(collection, with_embeddings=False):
        for metadata, stored_at in zip(batch.metadatas, batch.created_at, strict=True):
            time = time_of(metadata, stored_at).astimezone(UTC)
            values = [metadata.get(key) for key in KEYS]
            key = (*(each if isinstance(each, str) else None for each in values), time.date())
            counts[key] += 1
            times.setdefault(key, []).append(time)
    return {key: (counts[key], min(times[key]), max(times[key])) for key in counts}


def counted(store, collection):
    rows = store.tally(collection)
    found = {(*row.values, row.day): (row.count, row.oldest, row.newest) for row in rows}
    assert len(found) == len(rows)
    return found


def test_a_tally_is_what_counting_by_hand_gives(each_store):
    with open_store(each_store) as store:
        for collection in store.collections():
            assert counted(store, collection) == counted_by_hand(store, collection)


def test_a_day_is_that_of_utc(stores):
    with open_store(stores("1.5-below")) as store:
        rows = store.tally(by_name(store, "by_l2"), keys=["crew_id"])

    (late,) = [row for row in rows if row.newest == datetime(2025, 3, 2, 4, 30, tzinfo=UTC)]
    assert late.values == ("writing",)
    assert late.day.isoformat() == "2025-03-02"


def test_rows_that_only_the_queue_holds_are_counted(own_store):
    queue(
        own_store,
        (ADD, "late", [1, 1], {"crew_id": "queued", "created_at": "2020-01-01T00:00:00Z"}),
        (ADD, "later", [1, 1], {"crew_id": "queued", "created_at": "2020-01-01T10:00:00Z"}),
        (UPDATE, "kept", None, {"crew_id": "queued", "created_at": "2020-01-01T05:00:00Z"}),
    )

    with open_store(own_store) as store:
        lagging = by_name(store, "lagging")
        rows = store.tally(lagging, keys=["crew_id"])
        assert counted(store, lagging) == counted_by_hand(store, lagging)

    (row,) = [row for row in rows if row.values == ("queued",)]
    assert row.count == 3
    assert row.newest - row.oldest == timedelta(hours=10)


def test_rows_without_a_time_of_their_own_may_count_for_no_day(own_store):
    queue(own_store, (ADD, "late", [1, 1], {"created_at": "2020-01-01T00:00:00Z"}))
    with open_store(own_store) as store:
        rows = store.tally(by_name(store, "lagging"), keys=[], row_times=False)

    timed, untimed = sorted(rows, key=lambda row: row.count)
    assert (timed.count, timed.day.isoformat()) == (1, "2020-01-01")
    assert (untimed.count, untimed.day, untimed.oldest, untimed.newest) == (5, None, None, None)


@pytest.mark.parametrize(
    "text", ["2024-01-01T24:00:00Z", "2024-02-30T00:00:00Z", "0000-01-01T00:00:00Z"]
)
def test_a_text_that_only_looks_like_a_time_is_counted_as_none(own_store, text):
    change(own_store, "DELETE FROM embedding_metadata WHERE key != 'chroma:document'")
    change(own_store, "UPDATE embedding_metadata SET key = 'created_at', string_value = ?", text)

    with open_store(own_store) as store:
        rows = store.tally(by_name(store, "by_l2"), keys=[], row_times=False)

    assert {row.day for row in rows} == {None}


def test_a_tally_without_keys_counts_days(stores):
    with open_store(stores("1.5-past")) as store:
        collection = by_name(store, "by_l2")
        rows = store.tally(collection, keys=[])

        assert sum(row.count for row in rows) == store.count(collection)
    assert {row.values for row in rows} == {()}


def test_a_time_that_chroma_did_not_write_is_damage(own_store):
    change(own_store, "UPDATE embeddings SET created_at = 'noon'")

    with open_store(own_store) as store, pytest.raises(DamagedStore, match="no time as chromadb"):
        store.tally(by_name(store, "by_l2"))


@given(
    times=st.lists(
        st.datetimes(
            min_value=datetime(1000, 1, 2),  # noqa: DTZ001 - zones are drawn apart
            max_value=datetime(9998, 1, 1),  # noqa: DTZ001 - the same
            timezones=st.sampled_from([UTC, None]) | st.timezones(),
        ),
        min_size=2,
        max_size=2,
    )
)
def test_texts_of_times_stand_in_the_order_of_the_times(times):
    a, b = (each if each.tzinfo else each.replace(tzinfo=UTC) for each in times)
    first, second = (utc_time(each.isoformat()) for each in times)

    assert (first < second) is (a < b)
    assert datetime.fromisoformat(first) == a


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2025-01-31T12:34:56+00:00", "2025-01-31T12:34:56+00:00"),
        ("2025-01-31T12:34:56.123456+00:00", "2025-01-31T12:34:56.123456+00:00"),
        ("2025-01-31T12:34:56Z", "2025-01-31T12:34:56+00:00"),
        ("2025-01-31 12:34:56", "2025-01-31T12:34:56+00:00"),
        ("2025-01-31T12:34:56.5Z", "2025-01-31T12:34:56.500000+00:00"),
        ("2025-01-31", "2025-01-31T00:00:00+00:00"),
        ("2025-W05-5T12:34:56+00:00", "2025-01-31T12:34:56+00:00"),
        ("2025-01-31T12:34:56+05:30", "2025-01-31T07:04:56+00:00"),
        ("0001-01-01T00:00:00+01:00", None),
        ("2025-02-30T00:00:00Z", None),
        ("noon", None),
        ("", None),
        (None, None),
        (1_700_000_000, None),
        (b"2025-01-31", None),
    ],
)
def test_times_are_brought_to_one_form(text, same):
    assert utc_time(text) == same


def test_owners_are_found_by_id(each_store):
    with open_store(each_store) as store:
        for collection in store.collections():
            rows = read_rows(store, collection, with_embeddings=False)
            wanted = {
                record_id: (metadata.get("group_id"), metadata.get("crew_id"))
                for record_id, (_, metadata, _) in rows.items()
            }
            assert store.owners(collection, [*rows, "nobody", "\ud800"]) == wanted


def test_an_owner_that_is_no_text_is_none(own_store):
    queue(own_store, (ADD, "odd", [1, 1], {"group_id": 5, "crew_id": True}))

    with open_store(own_store) as store:
        assert store.owners(by_name(store, "lagging"), ["odd"]) == {"odd": (None, None)}


def test_counting_loads_neither_numpy_nor_chromadb(stores):
    script = """
import sys
from pathlib import Path
from memctl.formats.chroma import open_store

with open_store(Path(sys.argv[1])) as store:
    for each in store.collections():
        store.tally(each)
        store.count(each, where={"crew_id": "research"})
        list(store.scan(each, with_embeddings=False))
    store.inspect()
print(*sorted({"numpy", "chromadb"} & sys.modules.keys()))
"""
    command = [sys.executable, "-c", script, str(stores("1.5-below"))]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == ""
