"""Sets, lists and deletes the secrets of profiles; how they lie is in `secrets`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..backends.registry import backend_class
from ..model.errors import CredentialMissing, InvalidSetting
from ..model.profile import DISABLED_NAME
from ..model.results import SecretChangeResult, SecretListed, SecretListResult
from ..model.setting import environment_name
from .credentials import learned, secret_host, secret_setting
from .local_state import open_profiles
from .operations.operation import run_operation
from .saved_settings import naming_profile, profile_command
from .selection import Connecting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import SecretStr

    from ..model.profile import Profile
    from ..model.setting import Setting
    from ..secrets.index import SecretEntry
    from ..secrets.kept import KeptSecrets


def set_secret(
    group: str,
    name: str,
    setting: str,
    *,
    in_vault: bool = False,
    value: SecretStr | None = None,
    connecting: Connecting | None = None,
) -> SecretChangeResult:
    """Keep a secret of a profile for the host that the profile names.

    Args:
        group: the profile's group.
        name: the profile's name.
        setting: a setting that the profile's backend declares as secret.
        in_vault: keep it in memctl's vault, not in the keyring.
        value: the secret; `None` reads it from the user, once the place was tried.
        connecting: whether the user may be asked, and what learns the secret.

    Raises:
        InvalidSetting: when the profile has no such secret, or no host for it.
        CredentialError: when the keyring or the vault can't be used.
    """
    from ..store.home import ensure_home

    with open_profiles(group) as profiles:
        profile = profiles.get(group, name)
    variable = _variable_of_kept(profile, setting)
    entry = _entry(profile, setting, in_vault=in_vault)
    hint = f"unlock it or start one, keep the secret with `--vault`, or set `{variable}`"
    label = f"{setting} of profile `{name}` for {entry.host}"
    connecting = connecting or Connecting()
    ensure_home()
    kept = _kept(hint, connecting)
    subject = f"secret {setting} of profile {name}"
    with run_operation("config secret set", group, subject, redactor=connecting.redactor):
        kept.keep(entry, lambda: _given_or_read(label, value, connecting))
    return _change("set", entry, name)


def list_secrets(group: str, name: str | None = None) -> SecretListResult:
    """List where the secrets of a group, or of one profile, lie; no keyring is asked.

    Raises:
        ProfileNotFound: when neither the profile nor a secret of it is there.
    """
    profiles = {each.id: each for each in _profiles(group)}
    entries = [each for each in _kept("", Connecting()).entries() if each.group_id == group]
    listed = [_listed(each, profiles.get(each.profile_id)) for each in entries]
    if name is not None:
        listed = [each for each in listed if each.profile == name]
        if not listed:
            with open_profiles(group) as found:
                found.get(group, name)
    return SecretListResult(group, sorted(listed, key=lambda each: (each.profile, each.setting)))


def delete_secret(
    group: str,
    name: str,
    setting: str,
    *,
    only_entry: bool = False,
    connecting: Connecting | None = None,
) -> SecretChangeResult:
    """Delete a secret wherever it lies, also that of a profile which is gone.

    Args:
        group: the profile's group.
        name: the profile's name.
        setting: the secret setting.
        only_entry: drop the entry and leave the value, for a keyring or vault that is gone.
        connecting: whether the user may be asked for the vault's password, and what learns it.

    Raises:
        CredentialMissing: when there is no such secret.
        CredentialError: when the keyring or the vault can't be used.
    """
    hint = "unlock it or start one, or drop only the entry with `--forget`"
    connecting = connecting or Connecting()
    kept = _kept(hint, connecting)
    entries = [each for each in _entries_of(group, name, kept.entries()) if each.setting == setting]
    if not entries:
        raise CredentialMissing(
            f"no secret `{setting}` is kept for profile `{name}`",
            hint=f"run `{profile_command('config secret list', group)}`",
        )
    subject = f"secret {setting} of profile {name}"
    with run_operation("config secret delete", group, subject, redactor=connecting.redactor):
        kept.drop(entries, only_entry=only_entry)
    return _change("forgotten" if only_entry else "deleted", entries[-1], name)


def _secret_setting(profile: Profile, name: str) -> Setting:
    if profile.name == DISABLED_NAME:
        raise InvalidSetting(f"`{DISABLED_NAME}` is no profile of a store, and has no secrets")
    return secret_setting(backend_class(profile.backend_type).info, name)


def _given_or_read(label: str, value: SecretStr | None, connecting: Connecting) -> SecretStr:
    from ..secrets.prompt import checked_value, read_value

    may_ask = connecting.may_ask
    given = read_value(label, may_ask=may_ask) if value is None else checked_value(value)
    return learned(given, connecting.redactor)


def _variable_of_kept(profile: Profile, name: str) -> str:
    """Return the environment variable that stands for a secret that a profile can keep.

    Raises:
        InvalidSetting: when the profile has no such secret, or it is never kept.
    """
    declared = _secret_setting(profile, name)
    variable = environment_name(profile.backend_type, declared)
    if not declared.is_kept:
        raise InvalidSetting(
            f"secret `{name}` is not kept: it is given for one command alone",
            hint=f"set `{variable}`, or give it on standard input",
        )
    return variable


def _host(profile: Profile, setting: str) -> str | None:
    backend = backend_class(profile.backend_type)
    with naming_profile(profile):
        return secret_host(backend, backend.info.parse_settings(profile.settings), setting)


def _entry(profile: Profile, setting: str, *, in_vault: bool) -> SecretEntry:
    """Return the entry of a secret, which is bound to the host that the profile names.

    Raises:
        InvalidSetting: when it names none.
    """
    from ..secrets.index import KEYRING, VAULT, SecretEntry

    host = _host(profile, setting)
    if host is None:
        raise InvalidSetting(
            f"profile `{profile.name}` names no host, and a secret is kept for one host only",
            hint=f"run `memctl config show {profile.name}`",
        )
    return SecretEntry.of(profile, setting, host, VAULT if in_vault else KEYRING)


def _profiles(group: str) -> Sequence[Profile]:
    with open_profiles(group) as profiles:
        return profiles.list(group)


def _entries_of(group: str, name: str, entries: Sequence[SecretEntry]) -> list[SecretEntry]:
    """Pick the entries of a profile: by its id, or by its last name where it is gone."""
    names = {each.id: each.name for each in _profiles(group)}
    return [
        each
        for each in entries
        if each.group_id == group and names.get(each.profile_id, each.profile) == name
    ]


def _listed(entry: SecretEntry, profile: Profile | None) -> SecretListed:
    return SecretListed(
        profile=profile.name if profile else entry.profile,
        setting=entry.setting,
        host=entry.host,
        place=entry.place,
        state=_state(entry, profile),
        kept_since=entry.kept_since,
    )


def _state(entry: SecretEntry, profile: Profile | None) -> str:
    from ..secrets.environment import environment_secret

    if profile is None:
        return "no_profile"
    setting = _secret_setting(profile, entry.setting)
    if environment_secret(environment_name(profile.backend_type, setting)) is not None:
        return "shadowed"
    return "used" if _host(profile, entry.setting) == entry.host else "other_host"


def _kept(hint: str, connecting: Connecting) -> KeptSecrets:
    from ..secrets.kept import KeptSecrets
    from ..store.home import home_directory

    return KeptSecrets(
        home_directory(), connecting.redactor, keyring_hint=hint, may_ask=connecting.may_ask
    )


def _change(change: str, entry: SecretEntry, name: str) -> SecretChangeResult:
    return SecretChangeResult(
        change=change,
        group_id=entry.group_id,
        profile=name,
        setting=entry.setting,
        host=entry.host,
        place=entry.place,
    )
