from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memctl.backends.databricks.rows.keys import is_after, just_before
from memctl.backends.databricks.rows.known_keys import Ledger

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
owners = st.tuples(st.none() | st.sampled_from("gh"), st.none() | st.sampled_from("ab"))


@given(st.lists(st.tuples(texts, st.none() | owners), max_size=40))
def test_the_ledger_knows_the_last_owner_of_each_key(changes):
    ledger, expected = Ledger(), {}
    for key, owner in changes:
        expected[key] = owner
        if owner is None:
            ledger.remove([key])
        else:
            ledger.add([(key, owner)])

    assert {key: ledger.owner(key) for key in expected} == expected
    assert ledger.owner("nobody's key") is None


def test_the_ledger_keeps_many_keys():
    ledger = Ledger()
    for start in range(0, 20_000, 1000):
        ledger.add((f"id-{n}", ("g", f"crew-{n % 7}")) for n in range(start, start + 1000))
    ledger.remove(f"id-{n}" for n in range(0, 20_000, 2))
    ledger.add([("id-4", ("h", None))])

    assert ledger.owner("id-3") == ("g", "crew-3")
    assert ledger.owner("id-2") is None
    assert ledger.owner("id-4") == ("h", None)
    assert ledger.owner("id-20000") is None


@given(texts)
def test_the_place_before_a_key_is_before_it(key):
    place = just_before(key, as_text=True)

    assert place is None or is_after(key, place, as_text=True)
