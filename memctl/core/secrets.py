"""Sets, lists, deletes and reads the secrets of profiles; how they lie is in `secrets`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from ..backends.registry import backend_class
from ..model.embedder import embedder_host
from ..model.errors import CredentialMissing, InvalidSetting
from ..model.profile import DEFAULT_GROUP, DISABLED_NAME, check_owner_id
from ..model.results import SecretChangeResult, SecretListed, SecretListResult
from ..model.setting import EMBEDDER_KEY, environment_name
from .operation import run_operation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import SecretStr

    from ..backends.base import MemoryBackend, ReadSecret
    from ..model.profile import Profile
    from ..model.setting import BackendInfo, Setting
    from ..secrets.index import SecretEntry
    from ..secrets.kept import KeptSecrets
    from .selection import Selection


def set_secret(
    group: str,
    name: str,
    setting: str,
    *,
    in_vault: bool = False,
    value: SecretStr | None = None,
    may_ask: bool = False,
) -> SecretChangeResult:
    """Keep a secret of a profile for the host that the profile names.

    Args:
        group: the profile's group.
        name: the profile's name.
        setting: a setting that the profile's backend declares as secret.
        in_vault: keep it in memctl's vault, not in the keyring.
        value: the secret; `None` reads it from the user, once the place was tried.
        may_ask: whether the user may be asked.

    Raises:
        InvalidSetting: when the profile has no such secret, or no host for it.
        CredentialError: when the keyring or the vault can't be used.
    """
    from ..secrets.index import KEYRING, VAULT, SecretEntry
    from ..secrets.prompt import checked_value, read_value
    from ..store.home import ensure_home

    profile = _profile(group, name)
    declared = _secret_setting(profile, setting)
    variable = environment_name(profile.backend_type, declared)
    if not declared.is_kept:
        raise InvalidSetting(
            f"secret `{setting}` is not kept: it is given for one command alone",
            hint=f"set `{variable}`, or give it on standard input",
        )
    host = _host(profile, setting)
    if host is None:
        raise InvalidSetting(
            f"profile `{name}` names no host, and a secret is kept for one host only",
            hint=f"run `memctl config show {name}`",
        )
    hint = f"unlock it or start one, keep the secret with `--vault`, or set `{variable}`"
    entry = SecretEntry.of(profile, setting, host, VAULT if in_vault else KEYRING)
    label = f"{setting} of profile `{name}` for {host}"
    ensure_home()
    kept = _kept(hint, may_ask=may_ask)

    def given_or_read() -> SecretStr:
        return read_value(label, may_ask=may_ask) if value is None else checked_value(value)

    with run_operation("config secret set", group, f"secret {setting} of profile {name}"):
        kept.keep(entry, given_or_read)
    return _change("set", entry, name)


def read_given() -> SecretStr:
    """Read a secret for this command alone from standard input.

    Raises:
        UsageError: when standard input is a terminal, or holds no text.
    """
    from ..secrets.prompt import read_value

    return read_value("", may_ask=False)


def ask_for(label: str) -> SecretStr:
    """Ask for a secret without showing it.

    Raises:
        UsageError: when the terminal can't hide it, or nothing was typed.
        Declined: when the user ends the prompt without an answer.
    """
    from ..secrets.prompt import read_value

    return read_value(label, may_ask=True)


def list_secrets(group: str, name: str | None = None) -> SecretListResult:
    """List where the secrets of a group, or of one profile, lie; no keyring is asked.

    Raises:
        ProfileNotFound: when neither the profile nor a secret of it is there.
    """
    profiles = {each.id: each for each in _profiles(group)}
    entries = [each for each in _kept("").entries() if each.group_id == group]
    listed = [_listed(each, profiles.get(each.profile_id)) for each in entries]
    if name is not None:
        listed = [each for each in listed if each.profile == name]
        if not listed:
            _profile(group, name)
    return SecretListResult(group, sorted(listed, key=lambda each: (each.profile, each.setting)))


def delete_secret(
    group: str, name: str, setting: str, *, only_entry: bool = False, may_ask: bool = False
) -> SecretChangeResult:
    """Delete a secret wherever it lies, also that of a profile which is gone.

    Args:
        group: the profile's group.
        name: the profile's name.
        setting: the secret setting.
        only_entry: drop the entry and leave the value, for a keyring or vault that is gone.
        may_ask: whether the user may be asked for the vault's password.

    Raises:
        CredentialMissing: when there is no such secret.
        CredentialError: when the keyring or the vault can't be used.
    """
    kept = _kept("unlock it or start one, or drop only the entry with `--forget`", may_ask=may_ask)
    entries = [each for each in _entries_of(group, name, kept.entries()) if each.setting == setting]
    if not entries:
        raise CredentialMissing(
            f"no secret `{setting}` is kept for profile `{name}`",
            hint=f"run `{_command('config secret list', group)}`",
        )
    with run_operation("config secret delete", group, f"secret {setting} of profile {name}"):
        kept.drop(entries, only_entry=only_entry)
    return _change("forgotten" if only_entry else "deleted", entries[-1], name)


def secret_reader(selection: Selection) -> ReadSecret:
    """Give what reads the secrets of a store: bound to its profile and host, loaded when asked."""

    def read_secret(name: str) -> SecretStr | None:
        given = selection.connecting.secrets.get(name)
        if given is not None:
            return given
        from ..secrets.lookup import Wanted, find_secret
        from ..store.home import home_directory

        backend = backend_class(selection.backend)
        profile = selection.profile
        setting = secret_setting(backend.info, name)
        owner = (profile.name, profile.group_id) if profile else ("NAME", DEFAULT_GROUP)
        wanted = Wanted(
            setting=name,
            variable=environment_name(selection.backend, setting),
            host=secret_host(backend, selection.settings, name),
            profile=profile,
            set_command=_command(f"config secret set {owner[0]} {name}", owner[1]),
        )
        found = find_secret(wanted, home_directory(), may_ask=selection.connecting.may_ask)
        return found.value if found else None

    return read_secret


def secret_setting(info: BackendInfo, name: str) -> Setting:
    """Return a setting that a backend declares as secret.

    Raises:
        InvalidSetting: when it declares none of that name.
    """
    declared = {each.name: each for each in info.settings if each.secret}
    if name not in declared:
        names = ", ".join(f"`{each}`" for each in declared) or "none"
        raise InvalidSetting(
            f"backend `{info.name}` has no secret setting `{name[:80]}`",
            hint=f"its secret settings: {names}",
        )
    return declared[name]


def _secret_setting(profile: Profile, name: str) -> Setting:
    if profile.name == DISABLED_NAME:
        raise InvalidSetting(f"`{DISABLED_NAME}` is no profile of a store, and has no secrets")
    return secret_setting(backend_class(profile.backend_type).info, name)


def secret_host(backend: type[MemoryBackend], settings: Mapping[str, Any], name: str) -> str | None:
    """Name the one host that a secret is sent to: the embedder's has its own, others the store's.

    Returns:
        `None` where these settings name no host.
    """
    if name == EMBEDDER_KEY.name:
        return embedder_host(settings)
    return backend.secret_host(settings)


def _host(profile: Profile, setting: str) -> str | None:
    backend = backend_class(profile.backend_type)
    return secret_host(backend, backend.info.parse_settings(profile.settings), setting)


def _profiles(group: str) -> Sequence[Profile]:
    check_owner_id("group", group)
    from ..store.database import open_state
    from ..store.profiles import Profiles

    with open_state() as state:
        return Profiles(state).list(group)


def _profile(group: str, name: str) -> Profile:
    check_owner_id("group", group)
    from ..store.database import open_state
    from ..store.profiles import Profiles

    with open_state() as state:
        return Profiles(state).get(group, name)


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


def _kept(hint: str, *, may_ask: bool = False) -> KeptSecrets:
    from ..secrets.kept import KeptSecrets
    from ..store.home import home_directory

    return KeptSecrets(home_directory(), keyring_hint=hint, may_ask=may_ask)


def _change(change: str, entry: SecretEntry, name: str) -> SecretChangeResult:
    return SecretChangeResult(
        change=change,
        group_id=entry.group_id,
        profile=name,
        setting=entry.setting,
        host=entry.host,
        place=entry.place,
    )


def _command(words: str, group: str) -> str:
    suffix = "" if group == DEFAULT_GROUP else f" -g {shlex.quote(group)}"
    return f"memctl {words}{suffix}"
