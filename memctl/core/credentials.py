"""The secrets that a store asks for when it is opened; keeping them is done in `secrets`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..model.backend.embedder import embedder_host
from ..model.errors import InvalidSetting
from ..model.profile import DEFAULT_GROUP
from ..model.setting import EMBEDDER_KEY, environment_name
from .saved_settings import profile_command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    from ..backends.base import MemoryBackend, ReadSecret
    from ..model.backend.info import BackendInfo
    from ..model.redaction import Redactor
    from ..model.setting import Setting
    from .selection import Selection


def secret_reader(selection: Selection) -> ReadSecret:
    """Return what reads the secrets of a store: bound to its profile and host, read when asked.

    The redactor of the run learns each.
    """
    connecting = selection.connecting

    def read_secret(name: str) -> SecretStr | None:
        secret = connecting.secrets.get(name) or find(name)
        return None if secret is None else learned(secret, connecting.redactor)

    def find(name: str) -> SecretStr | None:
        from ..secrets.environment import proxy_passwords
        from ..secrets.lookup import Wanted, find_secret
        from ..store.home import home_directory

        for each in proxy_passwords():
            connecting.redactor.add(each)
        profile = selection.profile
        setting = secret_setting(selection.kind.info, name)
        owner = (profile.name, profile.group_id) if profile else ("NAME", DEFAULT_GROUP)
        wanted = Wanted(
            setting=name,
            variable=environment_name(selection.backend, setting),
            host=secret_host(selection.kind, selection.settings, name),
            profile=profile,
            set_command=profile_command(f"config secret set {owner[0]} {name}", owner[1]),
        )
        found = find_secret(
            wanted, home_directory(), connecting.redactor, may_ask=connecting.may_ask
        )
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


def secret_host(backend: type[MemoryBackend], settings: Mapping[str, Any], name: str) -> str | None:
    """Name the one host that a secret is sent to: the embedder's has its own, others the store's.

    Returns:
        `None` where these settings name no host.
    """
    if name == EMBEDDER_KEY.name:
        return embedder_host(settings)
    return backend.info.secret_host(settings)


def read_given(redactor: Redactor) -> SecretStr:
    """Read a secret for this command alone from standard input, and tell the redactor of it.

    Raises:
        UsageError: when standard input is a terminal, or holds no text.
    """
    from ..secrets.prompt import read_value

    return learned(read_value("", may_ask=False), redactor)


def ask_for(label: str, redactor: Redactor) -> SecretStr:
    """Ask for a secret without showing it, and tell the redactor of it.

    Raises:
        UsageError: when the terminal can't hide it, or nothing was typed.
        Declined: when the user ends the prompt without an answer.
    """
    from ..secrets.prompt import read_value

    return learned(read_value(label, may_ask=True), redactor)


def learned(secret: SecretStr, redactor: Redactor) -> SecretStr:
    """Return a secret that the redactor knows from now on."""
    redactor.add(secret.get_secret_value())
    return secret
