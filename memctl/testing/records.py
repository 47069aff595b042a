"""Records to test with: plain ones, difficult ones and random ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from ..model.memory_type import MemoryType
from ..model.record import MemoryRecord

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIMENSION = 4
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def make_vector(number: int) -> NDArray[np.float32]:
    """Make the vector of the record of a number."""
    return np.random.default_rng(number).normal(size=DIMENSION).astype(np.float32)


def make_record(number: int, /, **changes: Any) -> MemoryRecord:
    """Make a record that is like no other of another number."""
    record = MemoryRecord(
        id=f"record-{number:05d}",
        type=MemoryType.SHORT_TERM,
        content=f"memory number {number}",
        embedding=make_vector(number),
        group_id="acme",
        crew_id="research",
        agent_id="writer",
        session_id=f"session-{number % 3}",
        scope="/crew/research",
        importance=0.5,
        created_at=EPOCH + timedelta(hours=number),
        metadata={"number": number},
    )
    return replace(record, **changes)


def make_records(count: int, **changes: Any) -> list[MemoryRecord]:
    """Make the records of the numbers below ``count``."""
    return [make_record(number, **changes) for number in range(count)]


DIFFICULT = {
    "unicode": make_record(
        1, id="Größe-編", content="編辑 Éditeur 🧠 \u202e", crew_id="Rédacteur 编"
    ),
    "empty text": make_record(2, content=""),
    "newlines": make_record(3, content="a\n\nb\r\n\tc ", metadata={"lines": "x\ny"}),
    "nested metadata": make_record(4, metadata={"a": {"b": [1, {"c": None}]}, "d": [1, "x", 2.5]}),
    "lists": make_record(5, metadata={"a": ["x", "y"], "b": [1, 2], "c": [True], "d": []}),
    "big integer": make_record(6, metadata={"n": 2**70, "m": -(2**63), "k": 2**63}),
    "empty dict": make_record(7, metadata={"a": {}, "b": None}),
    "no metadata": make_record(8, metadata={}),
    "tiny vector": make_record(9, embedding=np.full(DIMENSION, 1e-6, np.float32)),
    "number types": make_record(10, metadata={"a": 1, "b": 1.0, "c": True, "d": "1", "e": -0.5}),
    "quotes": make_record(11, id='it\'s "x"; --', content="'; drop table x; --", crew_id="o'brien"),
    "field names in metadata": make_record(12, metadata={"crew_id": "other", "created_at": "x"}),
    "reserved names in metadata": make_record(13, metadata={"chroma:document": "x", "memctl:x": 1}),
    "no owner": make_record(14, group_id=None, crew_id=None, agent_id=None, session_id=None),
    "nothing optional": MemoryRecord(
        id="bare",
        type=MemoryType.SHORT_TERM,
        content="x",
        embedding=np.ones(DIMENSION, np.float32),
    ),
    "a long text": make_record(15, content="é" * 50_000),
    "a long id": make_record(16, id="i" * 10_000),
    "microseconds": make_record(17, created_at=datetime(2026, 2, 3, 4, 5, 6, 789012, tzinfo=UTC)),
    "an early time": make_record(18, created_at=datetime(1970, 1, 1, tzinfo=UTC)),
    "empty key": make_record(19, metadata={"": "x", " ": "y"}),
}


def nested(depth: int) -> dict[str, Any]:
    """Make an object within objects."""
    found: dict[str, Any] = {"end": "x"}
    for _ in range(depth):
        found = {"a": found}
    return found


REFUSABLE = {
    "NUL in the text": make_record(201, content="a\0b"),
    "NUL in the id": make_record(202, id="a\0b"),
    "NUL in an owner": make_record(203, crew_id="a\0b"),
    "NUL in metadata": make_record(204, metadata={"a": "x\0y", "b": ["\0"], "c\0d": 1}),
    "half a character in the text": make_record(205, content="a\ud800b"),
    "half a character in the id": make_record(206, id="a\udfffb"),
    "half a character in an owner": make_record(207, crew_id="a\ud800b"),
    "half a character in metadata": make_record(208, metadata={"a": "\ud800", "\udc00": [1]}),
    "half a character in the scope": make_record(209, scope="/\ud800", session_id="\ud800"),
    "no number in metadata": make_record(210, metadata={"a": float("nan")}),
    "infinity in metadata": make_record(211, metadata={"a": float("inf"), "b": [-float("inf")]}),
    "an infinite importance": make_record(212, importance=float("inf")),
    "300 levels of metadata": make_record(213, metadata=nested(300)),
    "an integer of 400 digits": make_record(214, metadata={"n": 10**400}),
    "a vector of zeros": make_record(216, embedding=np.zeros(DIMENSION, np.float32)),
    "no number in the vector": make_record(217, embedding=np.full(DIMENSION, np.nan, np.float32)),
    "infinity in the vector": make_record(218, embedding=np.full(DIMENSION, np.inf, np.float32)),
    "the largest vector": make_record(219, embedding=np.full(DIMENSION, 3.4e38, np.float32)),
    "the smallest vector": make_record(227, embedding=np.full(DIMENSION, 1e-30, np.float32)),
    "the first time": make_record(220, created_at=datetime.min.replace(tzinfo=UTC)),
    "the last time": make_record(221, created_at=datetime.max.replace(tzinfo=UTC)),
    "an empty id": make_record(222, id=""),
    "an empty owner": make_record(223, crew_id="", group_id=""),
    "a long owner": make_record(224, crew_id="é" * 5000),
    "a long key": make_record(225, metadata={"k" * 50_000: 1}),
    "much metadata": make_record(226, metadata={"a": "é" * 300_000}),
    "many keys": make_record(228, metadata={f"k{n}": n for n in range(2000)}),
}
"""Records that a store may refuse, by name and with nothing else, or keep as they are."""

UNHELD = {
    "nul": [each for each in REFUSABLE if each.startswith("NUL")],
    "half_characters": [each for each in REFUSABLE if each.startswith("half")],
    "odd_numbers": ["no number in metadata", "infinity in metadata", "an infinite importance"],
    "odd_vectors": ["no number in the vector", "infinity in the vector"],
    "empty_ids": ["an empty id"],
}
"""Which of them a store refuses that declares in its `holds` that it has no place for such."""

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
owner_ids = st.none() | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=10
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
times = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis wants naive bounds


@st.composite
def records(draw: st.DrawFn) -> MemoryRecord:
    """Any record of `DIMENSION` dimensions that a store must keep as it is."""
    finite = st.floats(-100, 100, width=32).filter(lambda x: x == 0 or abs(x) > 1e-6)
    vector = draw(st.lists(finite, min_size=DIMENSION, max_size=DIMENSION).filter(any))
    return MemoryRecord(
        id=draw(texts.filter(bool)),
        type=MemoryType.SHORT_TERM,
        content=draw(texts),
        embedding=np.array(vector, np.float32),
        group_id=draw(owner_ids),
        crew_id=draw(owner_ids),
        agent_id=draw(owner_ids),
        session_id=draw(owner_ids),
        scope=draw(st.none() | texts),
        importance=draw(st.none() | st.floats(0, 1)),
        created_at=draw(st.none() | times),
        metadata=draw(st.dictionaries(texts, json_values, max_size=4)),
    )
