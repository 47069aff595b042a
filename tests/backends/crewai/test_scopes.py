from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memctl.backends.crewai.unified.scopes import (
    agent_of,
    check_scope,
    crew_of,
    is_within,
    owner_path,
    place_in,
    sanitized,
    scope_for,
)
from memctl.model.errors import InvalidSetting
from memctl.testing.records import make_record


@pytest.mark.parametrize(
    ("scope", "crew", "agent"),
    [
        ("/", None, None),
        ("/notes/x", None, None),
        ("/crew", None, None),
        ("/crew/", None, None),
        ("/crew/a", "a", None),
        ("/crew/a/agent/b/c", "a", "b"),
        ("/crew/a/agents/b", "a", None),
        ("/crew/a-2/agent/b", "a-2", "b"),
        ("/flow/f/results", "/flow/f", None),
    ],
)
def test_a_scope_says_whose_memory_it_is(scope, crew, agent):
    assert (crew_of(scope), agent_of(scope)) == (crew, agent)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Research Crew", "research-crew"),
        ("  A__b--C! ", "a__b-c"),
        ("Éditeur", "diteur"),
        ("編", "unknown"),
        ("", "unknown"),
    ],
)
def test_names_are_spelled_as_crewai_does(name, expected):
    assert sanitized(name) == expected


def test_a_sibling_of_a_longer_name_is_not_within():
    assert is_within("/crew/a", "/crew/a")
    assert is_within("/crew/a/b", "/crew/a")
    assert not is_within("/crew/a-2", "/crew/a")
    assert not is_within("/crew/a.b", "/crew/a")


@pytest.mark.parametrize(
    ("scope", "agent", "expected"),
    [
        (None, None, "/crew/new"),
        (None, "Senior Writer", "/crew/new/agent/senior-writer"),
        ("no path", None, "/crew/new"),
        ("/", "writer", "/crew/new/agent/writer"),
        ("/notes/x", "writer", "/crew/new/notes/x"),
        ("/crew/old", None, "/crew/new"),
        ("/crew/old/agent/a/b", "a", "/crew/new/agent/a/b"),
        ("/crew/new", "a", "/crew/new"),
        ("/crew/new/agent/a", "a", "/crew/new/agent/a"),
        ("/crew/new-2/x", None, "/crew/new/x"),
        ("/flow/f/results", None, "/crew/new/results"),
    ],
)
def test_a_record_is_placed_below_a_scope(scope, agent, expected):
    placed = place_in(make_record(1, scope=scope, agent_id=agent), "/crew/new")

    assert (placed.scope, placed.crew_id) == (expected, "new")
    assert place_in(placed, "/crew/new").scope == expected


@pytest.mark.parametrize("scope", ["", "/", "//", "crew/a", "/crew//a", "/crew/a\n", "/crew/A b"])
def test_what_crewai_would_never_look_in_is_refused(scope):
    with pytest.raises(InvalidSetting) as error:
        check_scope(scope)

    assert error.value.hint


def test_a_slash_at_the_end_means_nothing():
    assert check_scope("/crew/a/") == "/crew/a"


@given(crew=st.text(min_size=1), agent=st.none() | st.text(min_size=1))
def test_every_crew_has_a_scope_in_which_it_is_found(crew, agent):
    scope = scope_for(crew, agent)

    assert crew_of(scope) in {sanitized(crew), crew}
    assert is_within(scope, owner_path(crew_of(scope)))
