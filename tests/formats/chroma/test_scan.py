from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memctl.formats.chroma import open_store
from memctl.model.errors import DamagedStore, InvalidCursor

from .stores import ADD, DELETE, UPSERT, by_name, change, queue, read_rows


@pytest.fixture(scope="session")
def open_stores(stores):
    """Stores that stay open: a scan leaves nothing behind in them."""
    opened = {name: open_store(stores(name)) for name in ("0.5-past", "1.5-below")}
    yield opened
    for store in opened.values():
        store.close()


def ids_of(batches):
    return [record_id for batch in batches for record_id in batch.ids]


@settings(max_examples=25)
@given(data=st.data())
def test_a_scan_goes_on_after_any_cursor_without_gap_or_repeat(open_stores, data):
    store = open_stores[data.draw(st.sampled_from(sorted(open_stores)))]
    collection = by_name(store, data.draw(st.sampled_from(["lagging", "by_ip", "churn_l2"])))
    size = data.draw(st.integers(1, 80))
    batches = list(store.scan(collection, batch_size=size, with_embeddings=False))
    whole = ids_of(batches)

    at = data.draw(st.integers(0, len(batches) - 1))
    rest = ids_of(store.scan(collection, after=batches[at].cursor, batch_size=3))
    head = ids_of(store.scan(collection, until=batches[at].cursor, batch_size=3))

    assert len(set(whole)) == len(whole) == store.count(collection)
    assert head + rest == whole
    assert head == ids_of(batches[: at + 1])


@settings(max_examples=25)
@given(n=st.integers(1, 150), name=st.sampled_from(["lagging", "by_ip", "empty", "plain"]))
def test_partitions_cover_all_and_overlap_nowhere(open_stores, n, name):
    store = open_stores["1.5-below"]
    collection = by_name(store, name)
    whole = ids_of(store.scan(collection))

    points = [None, *store.partition_points(collection, n), None]
    parts = [ids_of(store.scan(collection, after=a, until=b)) for a, b in pairwise(points)]

    assert [record_id for part in parts for record_id in part] == whole
    assert len(parts) <= n
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_cursor_in_the_queue_misses_nothing_once_the_queue_is_compacted(new_store):
    queue(new_store, *((ADD, f"late {n}", [n, n], {}) for n in range(4)), name="plain")
    with open_store(new_store) as store:
        plain = by_name(store, "plain")
        batches = store.scan(plain, batch_size=2, with_embeddings=False)
        cursor = [next(batches), next(batches)][1].cursor
        assert ids_of(batches) == ["late 2", "late 3"]
    change(
        new_store,
        "INSERT INTO embeddings (segment_id, embedding_id, seq_id)"
        " SELECT ?, id, seq_id FROM embeddings_queue WHERE id LIKE 'late%'",
        plain.metadata_segment,
    )
    mark = "UPDATE max_seq_id SET seq_id = 1000000 WHERE segment_id = ?"
    change(new_store, mark, plain.metadata_segment)

    with open_store(new_store) as store:
        rest = ids_of(store.scan(plain, after=cursor, with_embeddings=False))

    assert {"late 2", "late 3"} <= set(rest)


@pytest.mark.parametrize("text", ["", "1", "1.", ".1", "a.b", "-1.0", "1.0\n", "\u0661.0", "1.0.0"])
def test_a_text_that_is_no_cursor_is_refused(open_stores, text):
    store = open_stores["1.5-below"]

    with pytest.raises(InvalidCursor, match="is not a place in a chroma store"):
        store.scan(by_name(store, "plain"), after=text)
    with pytest.raises(InvalidCursor):
        store.scan(by_name(store, "plain"), until=text)


def test_ids_choose_rows_by_the_thousand(open_stores):
    store = open_stores["0.5-past"]
    collection = by_name(store, "by_l2")
    wanted = frozenset(f"id {n} \u00fc" for n in range(0, 5_000, 2)) | {"\ud800", "nobody"}

    found = ids_of(store.scan(collection, ids=wanted, batch_size=100))

    assert len(found) == store.count(collection, ids=wanted) > 500
    assert set(found) < wanted


def test_no_ids_choose_no_rows(open_stores):
    store = open_stores["0.5-past"]

    assert not ids_of(store.scan(by_name(store, "by_l2"), ids=frozenset()))
    assert store.count(by_name(store, "by_l2"), ids=frozenset()) == 0


@pytest.mark.parametrize(
    "where",
    [
        {"crew_id": "research"},
        {"group_id": "acme", "crew_id": "research"},
        {"crew_id": "writing"},
        {"crew_id": "no such crew"},
        {"n": "1"},
        {"crew_id": "\ud800"},
        {},
    ],
)
@pytest.mark.parametrize("name", ["by_l2", "lagging"])
def test_where_chooses_rows_by_their_texts(open_stores, name, where):
    store = open_stores["1.5-below"]
    collection = by_name(store, name)
    everything = read_rows(store, collection)
    wanted = [
        record_id
        for record_id, (_, metadata, _) in everything.items()
        if all(metadata.get(key) == value for key, value in where.items())
    ]

    assert ids_of(store.scan(collection, where=where)) == wanted
    assert store.count(collection, where=where) == len(wanted)

    some = frozenset(list(everything)[::2])
    both = [record_id for record_id in wanted if record_id in some]
    assert ids_of(store.scan(collection, where=where, ids=some)) == both
    assert store.count(collection, where=where, ids=some) == len(both)


def test_batches_are_as_large_as_asked_for(open_stores):
    store = open_stores["0.5-past"]

    sizes = [len(batch) for batch in store.scan(by_name(store, "by_l2"), batch_size=500)]

    assert sizes == [500, 500, 54]


def test_a_batch_without_embeddings_has_none(open_stores):
    store = open_stores["1.5-below"]

    (batch,) = store.scan(by_name(store, "plain"), with_embeddings=False)

    assert batch.embeddings is None
    assert batch.has_embedding == [False, False]
    assert len(batch) == 2


def test_embeddings_are_float32_and_belong_to_the_caller(open_stores):
    store = open_stores["0.5-past"]
    batch = next(store.scan(by_name(store, "by_cosine"), batch_size=10))

    assert batch.embeddings.dtype == np.float32
    assert batch.embeddings.shape == (10, 6)
    batch.embeddings[:] = 0
    assert batch.has_embedding == [True] * 10


def test_a_collection_without_a_dimension_has_no_rows(open_stores):
    store = open_stores["1.5-below"]

    assert by_name(store, "empty").dimension is None
    assert not list(store.scan(by_name(store, "empty")))


def test_rows_know_when_chroma_stored_them(open_stores):
    store = open_stores["1.5-below"]

    for batch in store.scan(by_name(store, "by_l2")):
        for time in batch.created_at:
            assert time.tzinfo is UTC
            assert datetime(2025, 1, 1, tzinfo=UTC) < time


def test_what_is_written_between_two_batches_is_seen_in_the_next(own_store):
    with open_store(own_store) as store:
        collection = by_name(store, "by_l2")
        whole = ids_of(store.scan(collection))
        batches = store.scan(collection, batch_size=10)
        first = next(batches).ids
        queue(
            own_store,
            (DELETE, whole[50], None, {}),
            (UPSERT, whole[60], [1, 2, 3, 4], {"chroma:document": "changed meanwhile"}),
            (ADD, "new", [4, 3, 2, 1], {}),
            name="by_l2",
        )
        rest = {
            record_id: (batch.documents[at], batch.embeddings[at].tolist())
            for batch in batches
            for at, record_id in enumerate(batch.ids)
        }

    assert [*first, *rest] == [each for each in whole if each != whole[50]] + ["new"]
    assert rest[whole[60]] == ("changed meanwhile", [1, 2, 3, 4])
    assert rest["new"] == (None, [4, 3, 2, 1])


def test_a_scan_may_be_left_in_the_middle(own_store):
    with open_store(own_store) as store:
        for batch in store.scan(by_name(store, "by_cosine"), batch_size=5):
            assert len(batch) == 5
            break


@pytest.mark.parametrize(
    "assignment",
    [
        "embedding_metadata SET string_value = x'00ff' WHERE key = 'group_id'",
        "embedding_metadata SET string_value = NULL, float_value = x'00' WHERE key = 'group_id'",
        "embedding_metadata SET string_value = NULL, int_value = 5 WHERE key = 'chroma:document'",
        "embedding_metadata SET key = x'00ff' WHERE key = 'group_id'",
        "embeddings SET embedding_id = CAST(embedding_id AS BLOB)",
        "embeddings SET created_at = 'noon'",
        "embeddings SET created_at = x'00'",
    ],
)
def test_a_column_that_holds_what_chroma_never_writes_is_damage(own_store, assignment):
    change(own_store, f"UPDATE {assignment}")

    with open_store(own_store) as store, pytest.raises(DamagedStore):
        read_rows(store, by_name(store, "by_l2"))


def test_a_text_that_is_no_utf_8_is_damage(own_store):
    change(own_store, "UPDATE embedding_metadata SET string_value = CAST(x'ff41' AS TEXT)")

    with open_store(own_store) as store, pytest.raises(DamagedStore, match="UTF-8"):
        read_rows(store, by_name(store, "by_l2"))


def test_a_key_without_any_value_is_left_out(own_store):
    change(own_store, "UPDATE embedding_metadata SET string_value = NULL WHERE key = 'crew_id'")

    with open_store(own_store) as store:
        rows = read_rows(store, by_name(store, "by_l2"))

    assert all("crew_id" not in metadata for _, metadata, _ in rows.values())
