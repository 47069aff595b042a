from __future__ import annotations

import dataclasses
import math
from datetime import UTC, datetime
from typing import Any

import pytest

from memctl.model.errors import InvalidSetting, ProfileExists, ProfileNotFound
from memctl.model.profile import Profile
from memctl.store.database import open_state
from memctl.store.profiles import CHANGEABLE, Profiles

UNUSUAL_GROUPS = [
    'O\'Brien & "Söhne"; DROP TABLE profiles --',
    "株式会社",
    "👩‍👩‍👧",
    "a/../b",
    "%_",
    " ",
    "g" * 255,
]


def create(profiles: Profiles, *names: str, group: str = "acme") -> None:
    for name in names:
        profiles.create(group, name, backend_type="chroma")


def names_of(profiles: Profiles, group: str = "acme") -> list[str]:
    return [each.name for each in profiles.list(group)]


def default_name(profiles: Profiles, group: str = "acme") -> str | None:
    found = profiles.default_of(group)
    return found.name if found else None


def test_a_profile_is_read_back_as_it_was_created(profiles: Profiles):
    before = datetime.now(UTC)
    created = profiles.create(
        "acme",
        "prod",
        backend_type="databricks",
        settings={"workspace": "https://example.test"},
        description="the shared one",
        enable_long_term=False,
    )

    assert created == Profile(
        id=created.id,
        group_id="acme",
        name="prod",
        backend_type="databricks",
        created_at=created.created_at,
        updated_at=created.created_at,
        description="the shared one",
        settings={"workspace": "https://example.test"},
        enable_long_term=False,
        is_default=True,
    )
    assert before <= created.created_at <= datetime.now(UTC)
    assert created.created_at.tzinfo is UTC
    with open_state() as state:
        assert Profiles(state).get("acme", "prod") == created
        assert Profiles(state).find("acme", "prod") == created
        assert Profiles(state).list("acme") == [created]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"path": "./Gedächtnis 🧠", "quote": "\"'`\\", "line": "a\nb\0c"},
        {"nested": {"list": [1, [2, {"three": None}]], "empty": {}, "none": []}},
        {"big": 2**70, "small": 1e-300, "negative": -0.5, "yes": True, "no": False},
        {"": "", " ": " "},
    ],
)
def test_settings_survive(profiles: Profiles, settings: dict[str, Any]):
    created = profiles.create("acme", "prod", backend_type="chroma", settings=settings)

    assert created.settings == settings
    assert profiles.get("acme", "prod").settings == settings


def test_settings_are_returned_as_they_are_kept(profiles: Profiles):
    created = profiles.create("acme", "prod", backend_type="chroma", settings={"pair": (1, 2)})

    assert created.settings == {"pair": [1, 2]}


@pytest.mark.parametrize("value", [object(), {1, 2}, math.nan, math.inf, datetime.now(UTC)])
def test_settings_that_are_not_json_are_refused(profiles: Profiles, value: object):
    with pytest.raises(InvalidSetting, match="JSON"):
        profiles.create("acme", "prod", backend_type="chroma", settings={"value": value})

    assert names_of(profiles) == []


@pytest.mark.parametrize("group", UNUSUAL_GROUPS)
def test_groups_of_any_spelling_keep_apart(profiles: Profiles, group: str):
    create(profiles, "prod", group=group)
    create(profiles, "prod", group="acme")

    profiles.disable(group)

    assert default_name(profiles, group) == "disabled"
    assert default_name(profiles, "acme") == "prod"
    assert {each.group_id for each in profiles.list(group)} == {group}


@pytest.mark.parametrize("group", ["", "a\nb", "a\0b", "g" * 256])
def test_what_is_no_group_is_refused(profiles: Profiles, group: str):
    with pytest.raises(InvalidSetting, match="group id"):
        profiles.create(group, "prod", backend_type="chroma")
    with pytest.raises(InvalidSetting, match="group id"):
        profiles.disable(group)


@pytest.mark.parametrize("name", ["", "-prod", "pro d", "prod\n", "p" * 101, "prö", "disabled"])
def test_what_is_no_profile_name_is_refused(profiles: Profiles, name: str):
    create(profiles, "prod")

    with pytest.raises(InvalidSetting):
        profiles.create("acme", name, backend_type="chroma")
    with pytest.raises(InvalidSetting):
        profiles.update("acme", "prod", {"name": name})

    assert names_of(profiles) == ["prod"]


def test_a_name_is_taken_once_per_group(profiles: Profiles):
    create(profiles, "prod", "next")
    create(profiles, "prod", group="other")

    with pytest.raises(ProfileExists, match="`acme` already has a profile named `prod`"):
        create(profiles, "prod")
    with pytest.raises(ProfileExists):
        profiles.update("acme", "next", {"name": "prod"})


def test_names_differ_by_case(profiles: Profiles):
    create(profiles, "prod", "Prod")

    assert names_of(profiles) == ["prod", "Prod"]


def test_a_missing_profile_is_named_with_the_way_to_the_others(profiles: Profiles):
    with pytest.raises(ProfileNotFound) as caught:
        profiles.get("O'Brien", "prod")

    assert caught.value.message == "no profile named `prod` in group `O'Brien`"
    assert caught.value.hint == """run `memctl config list -g 'O'"'"'Brien'`"""
    for act in (profiles.delete, profiles.set_default):
        with pytest.raises(ProfileNotFound):
            act("acme", "prod")
    with pytest.raises(ProfileNotFound):
        profiles.update("acme", "prod", {"description": "new"})
    assert profiles.find("acme", "prod") is None


def test_the_list_begins_with_the_default_and_goes_on_by_name(profiles: Profiles):
    create(profiles, "b", "c", "a")
    profiles.set_default("acme", "c")

    assert names_of(profiles) == ["c", "a", "b"]


def test_an_update_changes_what_is_given_and_moves_its_time(profiles: Profiles):
    created = profiles.create("acme", "prod", backend_type="chroma", settings={"path": "./a"})

    updated = profiles.update(
        "acme", "prod", {"name": "next", "settings": {"tenant": "t"}, "enable_entity": False}
    )

    assert updated == dataclasses.replace(
        created,
        name="next",
        settings={"tenant": "t"},
        enable_entity=False,
        updated_at=updated.updated_at,
    )
    assert updated.updated_at > created.updated_at
    assert profiles.list("acme") == [updated]


def test_an_update_of_nothing_changes_nothing(profiles: Profiles):
    created = profiles.create("acme", "prod", backend_type="chroma")

    assert profiles.update("acme", "prod", {}) == created
    assert profiles.get("acme", "prod") == created


def test_an_update_to_the_same_name_is_no_conflict(profiles: Profiles):
    create(profiles, "prod")

    assert profiles.update("acme", "prod", {"name": "prod", "description": "x"}).description == "x"


def test_an_update_changes_nothing_else(profiles: Profiles):
    create(profiles, "prod")

    for field in dataclasses.fields(Profile):
        if field.name not in CHANGEABLE:
            with pytest.raises(InvalidSetting, match=f"`{field.name}`"):
                profiles.update("acme", "prod", {"description": "new", field.name: "x"})
    with pytest.raises(InvalidSetting, match="JSON"):
        profiles.update("acme", "prod", {"settings": {"value": math.nan}})

    assert profiles.get("acme", "prod").description == ""


@pytest.mark.usefixtures("used_home")
def test_what_is_saved_outlives_the_process():
    with open_state() as state:
        assert default_name(Profiles(state)) == "prod"
