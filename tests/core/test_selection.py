from __future__ import annotations

import ast
import shlex
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import memctl
from memctl.core.query.rows import Rows
from memctl.core.selection import Selection, StoreRequest, select
from memctl.model.errors import (
    InvalidSetting,
    LocalStateUnusable,
    NoProfileInForce,
    ProfileNotFound,
    UsageError,
)
from memctl.model.profile import DISABLED_NAME
from memctl.model.selector import Selector
from memctl.store.database import open_state
from memctl.store.profiles import Profiles


@pytest.fixture
def profiles():
    with open_state() as state:
        yield Profiles(state)


@pytest.fixture
def create(profiles):
    def run(group: str, name: str, **options):
        path = {"path": f"/{group}/{name}"}
        return profiles.create(group, name, backend_type="chroma", settings=path, **options)

    return run


def looked_at(*request, **named) -> Selection:
    return select(StoreRequest(*request, **named), only_looks=True)


def chosen(**request) -> tuple[str | None, str]:
    selection = looked_at(**request)
    return selection.profile.name if selection.profile else None, selection.selected_by


# The rule


def test_a_named_profile_comes_first(create):
    create("acme", "one")
    create("acme", "two")

    assert chosen(group_id="acme", profile="two") == ("two", "profile")


def test_a_named_profile_is_looked_for_in_the_group_only(create):
    create("default", "one")

    with pytest.raises(ProfileNotFound) as error:
        select(StoreRequest("acme", "one"))

    assert "memctl config list -g acme" in error.value.hint


def test_the_groups_default_comes_next(create):
    create("default", "shared")
    create("acme", "one")
    create("acme", "two", make_default=True)

    assert chosen(group_id="acme") == ("two", "group_default")


def test_the_shared_default_serves_a_group_without_a_profile(create):
    create("default", "shared")
    create("other", "theirs")

    assert chosen(group_id="acme") == ("shared", "shared_default")
    assert chosen() == ("shared", "group_default")


def test_without_any_profile_crewais_own_memory_is_in_force_and_each_rule_says_what_it_found():
    selection = looked_at()

    assert (selection.location, selection.selected_by) == ("crewai:", "local")
    assert selection.profile is None
    assert len(selection.considered) == 4


def test_crewais_own_memory_knows_no_groups_and_is_read_whole(profiles):
    assert looked_at().selector() == Selector(include_unscoped=True)
    profiles.disable("acme")
    selector = looked_at("acme").selector()
    assert selector.owner_fits(None, "research")
    assert not selector.owner_fits("globex", "research")


def test_a_disabled_group_does_not_fall_back_on_the_shared_default(create, profiles):
    create("default", "shared")
    create("acme", "one")
    profiles.disable("acme")

    assert chosen(group_id="acme") == (None, "local")
    assert "switches memory off" in looked_at("acme").considered[-1]
    assert chosen(group_id="acme", profile="one") == ("one", "profile")


def test_a_disabled_shared_group_leaves_other_groups_without(create, profiles):
    create("default", "shared")
    profiles.disable("default")
    create("acme", "one")

    assert chosen(group_id="acme") == ("one", "group_default")
    assert chosen(group_id="beta") == (None, "local")


def test_what_was_considered_is_said(create):
    create("default", "shared")

    selection = select(StoreRequest("acme"))

    assert "acme" in " ".join(selection.considered)
    assert "shared group" in selection.reason


def test_a_damaged_state_is_an_error_and_never_no_profile(home):
    (home / "state.db").write_bytes(b"x" * 5000)

    with pytest.raises(LocalStateUnusable):
        select(StoreRequest("acme"))


@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from(["create", "set_default", "delete", "disable", "rename", "off"]),
            st.sampled_from(["default", "acme"]),
            st.sampled_from("ab"),
        ),
        max_size=8,
    )
)
def test_after_any_changes_the_rule_holds(tmp_path_factory, monkeypatch, acts):
    monkeypatch.setenv("MEMCTL_HOME", str(tmp_path_factory.mktemp("home")))
    with ExitStack() as stack:
        profiles = Profiles(stack.enter_context(open_state()))
        for act, group, name in acts:
            perform(profiles, act, group, name)
        rows = {group: profiles.list(group) for group in ("acme", "default")}

    expected = model(rows)
    assert in_force("acme", only_looks=True) == expected
    assert in_force("acme", only_looks=False) == expected


def in_force(group: str, *, only_looks: bool) -> tuple[str, str] | None:
    try:
        profile = select(StoreRequest(group), only_looks=only_looks).profile
    except NoProfileInForce:
        return None
    return profile and (profile.group_id, profile.name)


def perform(profiles: Profiles, act: str, group: str, name: str) -> None:
    there = profiles.find(group, name) is not None
    if act == "create" and not there:
        profiles.create(group, name, backend_type="chroma", settings={"path": "/x"})
    elif act == "disable":
        profiles.disable(group)
    elif there:
        {
            "set_default": lambda: profiles.set_default(group, name),
            "delete": lambda: profiles.delete(group, name),
            "rename": lambda: profiles.update(group, name, {"description": "renamed"}),
            "off": lambda: profiles.update(group, name, {"is_active": False}),
        }.get(act, lambda: None)()


def model(rows) -> tuple[str, str] | None:
    """Apply the rule to what is saved: the group's own, else the shared default, else none."""
    for group in ("acme", "default"):
        active = [each for each in rows[group] if each.is_active]
        marked = [each for each in active if each.is_default]
        newest = sorted(active, key=lambda each: each.created_at, reverse=True)
        own = [*marked, *(newest if group == "acme" else [])]
        if own:
            return None if own[0].is_disabled_configuration else (group, own[0].name)
    return None


# What is left where the rule finds no profile


@pytest.mark.parametrize("group", ["acme", "default", "Acme", "acme "])
def test_where_a_group_is_named_nothing_is_left_not_even_to_look_at(group):
    for only_looks in (True, False):
        with pytest.raises(NoProfileInForce) as error:
            select(StoreRequest(group), only_looks=only_looks)

        assert f"group `{group}` has no active profile" in error.value.message
        assert "--at crewai:" in error.value.hint
        assert f"memctl setup chroma -g {shlex.quote(group)}" in error.value.hint


def test_where_no_group_is_named_crewais_own_memory_is_left_to_look_at_and_no_more():
    assert looked_at().selected_by == "local"
    with pytest.raises(NoProfileInForce) as error:
        select(StoreRequest())

    assert "--at crewai:" in error.value.hint
    assert error.value.exit_code == 4


@pytest.mark.parametrize("profile", [None, DISABLED_NAME])
@pytest.mark.parametrize("group", ["acme", "default"])
def test_a_disabled_configuration_leaves_crewais_own_memory_to_look_at_and_no_more(
    create, profiles, group, profile
):
    create(group, "one")
    profiles.disable(group)

    assert looked_at(group, profile).selected_by == "local"
    with pytest.raises(NoProfileInForce) as error:
        select(StoreRequest(group, profile))

    assert f"profile `disabled` of group `{group}` switches memory off" in error.value.message
    assert f"memctl config set-default NAME -g {group}" in error.value.hint
    assert "--at crewai:" in error.value.hint


def test_a_profile_that_keeps_no_type_leaves_no_more_than_a_disabled_configuration(create):
    off = dict.fromkeys(("enable_short_term", "enable_long_term", "enable_entity"), False)
    create("acme", "one", **off)

    with pytest.raises(NoProfileInForce):
        select(StoreRequest("acme"))
    assert select(StoreRequest("acme", "one")).selected_by == "profile"


def test_a_disabled_configuration_that_is_named_as_source_or_target_is_no_store(create, profiles):
    create("default", "one")
    profiles.disable("default")

    with pytest.raises(NoProfileInForce) as error:
        select(StoreRequest.named(DISABLED_NAME))

    assert "`crewai:` as a source or target" in error.value.hint


def test_a_group_without_a_profile_does_not_get_all_of_a_shared_store_that_knows_no_groups(
    profiles,
):
    profiles.create("default", "shared", backend_type="crewai", settings={"path": "/x"})

    with pytest.raises(NoProfileInForce) as error:
        select(StoreRequest("acme"))

    assert "knows no groups" in error.value.message
    assert "-g default" in error.value.hint
    assert looked_at("acme").selected_by == "shared_default"
    assert select(StoreRequest()).selected_by == "group_default"
    assert select(StoreRequest("default")).selected_by == "group_default"


def test_only_what_shows_what_a_store_holds_may_say_that_it_only_looks():
    package = Path(memctl.__file__).parent
    sayers = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "only_looks"
    }

    by_rule = {
        "core/verify.py",
        *(f"core/query/{each}.py" for each in ("records", "search", "stats")),
    }
    assert sayers - {"core/selection.py", "core/connect.py"} == {
        *by_rule,
        "__init__.py",  # `memctl.connect` reads
        "core/config.py",  # `memctl config which` says who is refused
    }


# Locations


def test_a_location_needs_no_profile_and_means_every_row():
    selection = select(StoreRequest(at="chroma:./x"))

    assert (selection.backend, selection.settings["path"]) == ("chroma", "./x")
    assert selection.selector() == Selector()


def test_a_location_with_a_group_means_its_rows():
    selection = select(StoreRequest("acme", at="archive:a:b"))

    assert selection.settings["path"] == "a:b"
    assert selection.selector() == Selector(group_id="acme")


@pytest.mark.parametrize("text", ["", "chroma", ":x", "CHROMA:x", "chro ma:x", "chroma:a\0b"])
def test_what_is_no_location_is_a_usage_error(text):
    with pytest.raises(UsageError):
        select(StoreRequest(at=text))


@pytest.mark.parametrize("text", ["nothing:x", "chroma:", "archive:"])
def test_a_location_of_no_backend_or_no_place_is_an_invalid_setting(text):
    with pytest.raises(InvalidSetting):
        select(StoreRequest(at=text))


def test_a_word_with_a_colon_is_a_location_and_any_other_a_profile(create):
    create("default", "one")

    assert select(StoreRequest.named("one")).selected_by == "profile"
    assert select(StoreRequest.named("archive:one")).selected_by == "at"


# What is meant through a profile


def test_a_profile_means_rows_of_the_requested_group_even_when_it_is_shared(create):
    create("default", "shared")

    assert select(StoreRequest("acme")).selector() == Selector(group_id="acme")
    assert select(StoreRequest()).selector() == Selector(group_id="default")


def test_settings_that_are_given_outrank_those_of_the_profile(create):
    create("default", "one")

    selection = select(StoreRequest(settings={"map": {"x": "entity"}}))

    assert selection.settings["map"] == {"x": "entity"}
    assert selection.settings["path"] == "/default/one"


def test_a_setting_that_the_backend_does_not_know_is_refused():
    with pytest.raises(InvalidSetting, match="map"):
        select(StoreRequest(at="archive:x", settings={"map": {"x": "entity"}}))


@pytest.mark.parametrize("odd", ["", "a\nb", "x" * 256, "\ud800"])
def test_ids_that_can_be_none_are_refused(odd):
    with pytest.raises(InvalidSetting):
        select(StoreRequest(odd, at="chroma:x"))
    with pytest.raises(InvalidSetting):
        select(StoreRequest(at="chroma:x")).selector(Rows(crew_id=odd))


def test_the_disabled_configuration_means_crewais_own_memory_when_it_is_named_too(create, profiles):
    create("acme", "one")
    profiles.disable("acme")

    assert chosen(group_id="acme", profile=DISABLED_NAME) == (None, "local")
