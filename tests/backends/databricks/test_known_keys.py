from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memctl.backends.databricks.rows.keys import is_after, just_before
from memctl.backends.databricks.rows.known_keys import KnownKeys

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
owners = st.tuples(st.none() | st.sampled_from("gh"), st.none() | st.sampled_from("ab"))


@given(st.lists(st.tuples(texts, st.none() | owners), max_size=40))
def test_the_last_owner_of_each_key_is_known(changes):
    known, expected = KnownKeys(), {}
    for key, owner in changes:
        expected[key] = owner
        if owner is None:
            known.remove([key])
        else:
            known.add([(key, owner)])

    assert {key: known.owner(key) for key in expected} == expected
    assert known.owner("nobody's key") is None


def test_many_keys_are_known():
    known = KnownKeys()
    for start in range(0, 20_000, 1000):
        known.add((f"id-{n}", ("g", f"crew-{n % 7}")) for n in range(start, start + 1000))
    known.remove(f"id-{n}" for n in range(0, 20_000, 2))
    known.add([("id-4", ("h", None))])

    assert known.owner("id-3") == ("g", "crew-3")
    assert known.owner("id-2") is None
    assert known.owner("id-4") == ("h", None)
    assert known.owner("id-20000") is None


@given(texts)
def test_the_place_before_a_key_is_before_it(key):
    place = just_before(key, as_text=True)

    assert place is None or is_after(key, place, as_text=True)
