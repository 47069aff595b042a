from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from memctl.model.errors import InvalidSetting

from .test_profiles import create, default_name, names_of

if TYPE_CHECKING:
    from memctl.store.profiles import Profiles


def test_the_first_profile_of_a_group_is_its_default(profiles: Profiles):
    create(profiles, "first", "second")
    create(profiles, "other", group="other")

    assert default_name(profiles) == "first"
    assert default_name(profiles, "other") == "other"


def test_a_profile_is_created_as_the_default_if_asked(profiles: Profiles):
    create(profiles, "first")

    created = profiles.create("acme", "second", backend_type="chroma", make_default=True)

    assert created.is_default
    assert not profiles.get("acme", "first").is_default


def test_a_default_that_is_switched_off_hands_over_to_the_newest_active_one(profiles: Profiles):
    create(profiles, "a", "b", "c", "d")
    profiles.update("acme", "d", {"is_active": False})

    switched_off = profiles.update("acme", "a", {"is_active": False})

    assert not switched_off.is_default
    assert default_name(profiles) == "c"


def test_the_last_active_profile_that_is_switched_off_leaves_no_default(profiles: Profiles):
    create(profiles, "a")

    profiles.update("acme", "a", {"is_active": False})

    assert default_name(profiles) is None
    assert profiles.newest_active("acme") is None
    assert profiles.update("acme", "a", {"is_active": True}).is_default


def test_the_newest_active_profile_is_the_one_created_last(profiles: Profiles):
    create(profiles, "b", "c", "a")
    profiles.update("acme", "b", {"description": "changed last"})

    newest = profiles.newest_active("acme")

    assert newest is not None
    assert newest.name == "a"


def test_deleting_the_default_promotes_the_newest_other_active_profile(profiles: Profiles):
    create(profiles, "a", "b", "c", "d")
    profiles.update("acme", "d", {"is_active": False})

    promoted = profiles.delete("acme", "a")

    assert promoted == profiles.get("acme", "c")
    assert promoted.is_default
    assert names_of(profiles) == ["c", "b", "d"]


def test_deleting_another_profile_promotes_none(profiles: Profiles):
    create(profiles, "a", "b")

    assert profiles.delete("acme", "b") is None
    assert default_name(profiles) == "a"


def test_deleting_the_last_profile_leaves_an_empty_group(profiles: Profiles):
    create(profiles, "a")

    assert profiles.delete("acme", "a") is None
    assert profiles.list("acme") == []


def test_setting_the_default_clears_the_former_one(profiles: Profiles):
    # The unique index minds the order in which rows are written, so every order is tried.
    create(profiles, "a", "b", "c")

    for name in ("b", "a", "c", "a", "c", "b"):
        assert profiles.set_default("acme", name).is_default
        assert [each.name for each in profiles.list("acme") if each.is_default] == [name]


def test_setting_the_default_again_changes_nothing(profiles: Profiles):
    created = profiles.create("acme", "a", backend_type="chroma")

    assert profiles.set_default("acme", "a") == created


def test_setting_the_default_switches_it_on(profiles: Profiles):
    create(profiles, "a", "b")
    profiles.update("acme", "b", {"is_active": False})

    assert profiles.set_default("acme", "b").is_active
    assert profiles.get("acme", "b").is_active


def test_disabling_switches_off_and_puts_a_disabled_configuration_in_force(profiles: Profiles):
    create(profiles, "a", "b", "c")
    profiles.update("acme", "c", {"is_active": False})

    switched_off = profiles.disable("acme")

    assert [each.name for each in switched_off] == ["a", "b"]
    disabled = profiles.default_of("acme")
    assert disabled is not None
    assert disabled.is_disabled_configuration
    assert disabled.is_active
    assert (disabled.name, disabled.backend_type) == ("disabled", "crewai")
    assert profiles.newest_active("acme") == disabled
    assert not any(each.is_active for each in profiles.list("acme") if each != disabled)


def test_disabling_twice_is_disabling_once(profiles: Profiles):
    create(profiles, "a")
    profiles.disable("acme")
    before = profiles.list("acme")

    assert profiles.disable("acme") == []
    assert profiles.list("acme") == before


def test_a_group_without_profiles_can_be_disabled(profiles: Profiles):
    assert profiles.disable("acme") == []
    assert names_of(profiles) == ["disabled"]


def test_a_profile_that_is_created_meanwhile_does_not_end_a_disabled_configuration(
    profiles: Profiles,
):
    profiles.disable("acme")
    create(profiles, "a")

    assert default_name(profiles) == "disabled"
    assert profiles.get("acme", "a").is_active
    assert [each.name for each in profiles.disable("acme")] == ["a"]


def test_a_disabled_configuration_ends_with_a_new_default(profiles: Profiles):
    create(profiles, "a", "b")
    for name in ("a", "b", "a"):
        profiles.disable("acme")

        assert profiles.set_default("acme", name).is_default
        assert set(names_of(profiles)) == {"a", "b"}
        assert [each.name for each in profiles.list("acme") if each.is_active] == [name]

    profiles.disable("acme")
    profiles.create("acme", "c", backend_type="chroma", make_default=True)

    assert names_of(profiles) == ["c", "a", "b"]


def test_a_disabled_configuration_cannot_be_changed_but_deleted(profiles: Profiles):
    create(profiles, "a")
    profiles.disable("acme")
    create(profiles, "b")

    with pytest.raises(InvalidSetting, match="nothing to change"):
        profiles.update("acme", "disabled", {"enable_entity": True})
    assert profiles.set_default("acme", "disabled").is_default
    promoted = profiles.delete("acme", "disabled")

    assert promoted is not None
    assert promoted.name == "b"
    assert names_of(profiles) == ["b", "a"]
