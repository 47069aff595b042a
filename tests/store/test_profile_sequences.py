from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from memctl.model.errors import InvalidSetting, ProfileExists, ProfileNotFound
from memctl.store.database import State
from memctl.store.profiles import Profiles

GROUPS = st.sampled_from(["acme", "株式会社"])
NAMES = st.sampled_from(["a", "b", "c", "disabled"])


class AnySequenceOfChanges(RuleBasedStateMachine):
    """Changes in any order; what each group holds is known beforehand, which is default is not."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.state = State(Path(self.directory.name) / "state.db", busy_timeout_s=1)
        self.profiles = Profiles(self.state)
        self.saved: dict[str, dict[str, bool]] = {"acme": {}, "株式会社": {}}
        """Of each group the names and whether they are active."""

    @rule(group=GROUPS, name=NAMES, make_default=st.booleans())
    def create(self, group: str, name: str, *, make_default: bool) -> None:
        try:
            made = self.profiles.create(
                group, name, backend_type="chroma", make_default=make_default
            )
        except InvalidSetting:
            assert name == "disabled"
        except ProfileExists:
            assert name in self.saved[group]
        else:
            self.saved[group][name] = True
            if made.is_default:
                self.saved[group].pop("disabled", None)
            assert made.is_default or not make_default

    @rule(group=GROUPS, name=NAMES)
    def set_default(self, group: str, name: str) -> None:
        try:
            made = self.profiles.set_default(group, name)
        except ProfileNotFound:
            assert name not in self.saved[group]
        else:
            self.saved[group][name] = True
            if name != "disabled":
                self.saved[group].pop("disabled", None)
            assert made.is_default

    @rule(group=GROUPS)
    def disable(self, group: str) -> None:
        active = {name for name, is_active in self.saved[group].items() if is_active}

        switched_off = {each.name for each in self.profiles.disable(group)}

        assert switched_off == active - {"disabled"}
        self.saved[group] = dict.fromkeys(self.saved[group], False) | {"disabled": True}

    @rule(group=GROUPS, name=NAMES)
    def delete(self, group: str, name: str) -> None:
        former = self.profiles.default_of(group)
        try:
            promoted = self.profiles.delete(group, name)
        except ProfileNotFound:
            assert name not in self.saved[group]
        else:
            del self.saved[group][name]
            assert former is not None or promoted is None
            assert promoted == (self.profiles.default_of(group) if promoted else None)
            assert promoted is None or (former is not None and former.name == name)

    @rule(group=GROUPS, name=NAMES, is_active=st.booleans())
    def switch(self, group: str, name: str, *, is_active: bool) -> None:
        try:
            self.profiles.update(group, name, {"is_active": is_active})
        except ProfileNotFound:
            assert name not in self.saved[group]
        except InvalidSetting:
            assert name == "disabled"
        else:
            self.saved[group][name] = is_active

    @rule(group=GROUPS, name=NAMES, new_name=NAMES)
    def rename(self, group: str, name: str, new_name: str) -> None:
        try:
            self.profiles.update(group, name, {"name": new_name})
        except ProfileNotFound:
            assert name not in self.saved[group]
        except ProfileExists:
            assert new_name in self.saved[group]
        except InvalidSetting:
            assert "disabled" in {name, new_name}
        else:
            self.saved[group][new_name] = self.saved[group].pop(name)

    @invariant()
    def each_group_holds_what_was_saved(self) -> None:
        for group, saved in self.saved.items():
            assert {each.name: each.is_active for each in self.profiles.list(group)} == saved

    @invariant()
    def exactly_one_default_while_any_is_active(self) -> None:
        for group in self.saved:
            found = self.profiles.list(group)
            defaults = [each for each in found if each.is_default]
            assert len(defaults) == any(each.is_active for each in found)
            assert all(each.is_active for each in defaults)
            assert defaults == found[: len(defaults)]

    @invariant()
    def a_disabled_configuration_is_there_only_while_it_is_in_force(self) -> None:
        for group in self.saved:
            disabled = self.profiles.find(group, "disabled")
            assert disabled is None or disabled.is_default

    def teardown(self) -> None:
        self.state.close()
        self.directory.cleanup()


AnySequenceOfChanges.TestCase.settings = settings(
    max_examples=10, stateful_step_count=25, deadline=None
)
TestAnySequenceOfChanges = AnySequenceOfChanges.TestCase
