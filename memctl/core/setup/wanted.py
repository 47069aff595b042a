"""What a setup is to make: what was given, completed by the profile or by what broke off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ...model.errors import ConfigurationError, InvalidSetting, ProfileExists
from ...model.journal import Outcome
from ..config import check_settings
from ..operations.operation import ATTEMPTED, planned_operations
from ..saved_settings import naming_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...model.backend.info import BackendInfo
    from ...model.backend.provisioning import ProvisioningInfo
    from ...model.errors import MemctlError
    from ...model.journal import Operation
    from ...model.profile import Profile
    from ...model.setting import Setting
    from .order import SetupOrder

_LOOK: Final = "run `memctl history --steps` to see what was done"


class SetupBrokeOff(ConfigurationError):
    """An earlier setup of the profile broke off, and it was asked for otherwise."""

    code = "setup_broke_off"


class NothingToResume(ConfigurationError):
    """No setup of the profile is there to go on with, or to take back."""

    code = "nothing_to_resume"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made.

    Attributes:
        settings: of the profile.
        options: of the setup, each with its value or default.
        kept: the options that a later run needs to go on.
        resumed: the operation that goes on; `None` begins one.
    """

    settings: dict[str, Any]
    options: dict[str, Any]
    kept: dict[str, Any] = field(default_factory=dict)
    resumed: Operation | None = None

    def plan(self, profile: str) -> dict[str, Any]:
        """Return what a later run needs to go on."""
        return {"profile": profile, "settings": self.settings, "options": self.kept}


class Earlier:
    """The earlier setups of a profile, as the journal tells them."""

    def __init__(self, command: str, order: SetupOrder) -> None:
        self._name = order.profile_name
        found = planned_operations(command, order.group)
        self._all = [each for each in found if (each.plan or {}).get("profile") == self._name]

    @property
    def broken_off(self) -> Operation | None:
        """The last one, if it did not end well and may have made something."""
        last = next(iter(self._all), None)
        if last is None or last.outcome in {Outcome.DONE, Outcome.UNDONE}:
            return None
        return last if _may_have_made(last) else None

    def made_last(self) -> Operation:
        """Return the last one that made something.

        Raises:
            NothingToResume: when there is none.
        """
        for each in self._all:
            if each.outcome is not Outcome.UNDONE and _may_have_made(each):
                return each
        raise NothingToResume(
            f"no setup of profile `{self._name}` made anything that is still there", hint=_LOOK
        )


def find_wanted(
    info: BackendInfo,
    provisioning: ProvisioningInfo,
    order: SetupOrder,
    *,
    existing: Profile | None,
    left: Operation | None,
    ask: Callable[[str], str] | None,
) -> Wanted:
    """Complete what was given.

    Args:
        info: what the backend says of itself.
        provisioning: how its stores are made.
        order: what was given.
        existing: the profile, if it is saved.
        left: the setup of it that broke off, if one did.
        ask: asks for a line, where somebody can be asked.

    Raises:
        NothingToResume: when it was to be gone on with and none broke off.
        ProfileExists: when the profile is saved with other settings.
        SetupBrokeOff: when one broke off that has other settings.
        InvalidSetting: when a setting is missing or of the wrong form.
    """
    if order.resume and left is None:
        raise NothingToResume(f"no setup of profile `{order.profile_name}` broke off", hint=_LOOK)
    begun = left.plan if left is not None and left.plan is not None else {}
    options = parse_options(provisioning, {**begun.get("options", {}), **given(order.options)})
    before = _settings_before(order, existing, begun)
    values = {**before, **given(order.settings)}
    if not before and ask is not None:
        values |= {each.name: ask(_question(each)) for each in _missing(info, values)}
    named = {**values, **provisioning.name_resources(values, options, is_new=not before)}
    settings = check_settings(order.backend, named)
    if before and settings != before:
        raise _other_settings(order, existing, before, settings)
    is_same = left is not None and begun.get("settings") == settings
    kept = {each.name: options[each.name] for each in provisioning.options if each.is_kept}
    return Wanted(settings, options, given(kept), left if is_same else None)


def _settings_before(
    order: SetupOrder, existing: Profile | None, begun: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings that are saved, or that the setup which broke off was to save."""
    before = existing.settings if existing is not None else begun.get("settings", {})
    if not before:
        return {}
    with naming_profile(existing):  # what an earlier memctl saved may have another spelling
        return check_settings(order.backend, before)


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what was not given."""
    return {name: value for name, value in values.items() if value is not None}


def _may_have_made(operation: Operation) -> bool:
    return any(each.outcome in ATTEMPTED for each in operation.steps)


def parse_options(provisioning: ProvisioningInfo, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return every option of a setup its value or default.

    Raises:
        InvalidSetting: when one is of the wrong form.
    """
    parsed = {}
    for option in provisioning.options:
        try:
            parsed[option.name] = option.parse(values.get(option.name))
        except InvalidSetting as exc:
            exc.message = exc.message.replace("setting ", "option ", 1)
            raise
    return parsed


def _missing(info: BackendInfo, values: Mapping[str, Any]) -> list[Setting]:
    return [
        each
        for each in info.settings
        if each.required and not each.secret and values.get(each.name) is None
    ]


def _question(setting: Setting) -> str:
    return f"{setting.name} ({setting.help.rstrip('.')}): "


def _other_settings(
    order: SetupOrder,
    existing: Profile | None,
    before: Mapping[str, Any],
    now: Mapping[str, Any],
) -> MemctlError:
    other = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    named = ", ".join(f"`{name}`" for name in other)
    if existing is not None:
        return ProfileExists(
            f"profile `{order.profile_name}` of group `{order.group}` has another {named}",
            hint="choose another `--name`, or run `memctl config update` to change it",
        )
    return SetupBrokeOff(
        f"a setup of profile `{order.profile_name}` broke off that has another {named}",
        hint=f"go on with `memctl setup {order.backend} --resume`, or take it back with "
        "`--rollback`",
    )
