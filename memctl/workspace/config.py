"""The SDK's configuration, held to one host and one way of logging in."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from databricks.sdk.clock import Clock
from databricks.sdk.core import Config

from ..model.errors import CredentialRejected, InvalidSetting
from .databrickscfg import are_same_hosts, read_profile_file, way_to_profiles
from .discovery import OwnDiscovery
from .hosts import normalise_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from databricks.sdk.config import ConfigAttribute

_OF_GITHUB = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
NOTHING_FOUND = "cannot configure default credentials"
"""How the SDK says that none of its ways has anything to log in with."""


class OneAttempt(Clock):
    """Ends the SDK's own retrying: it has no way to turn that off, and would wait far too long.

    The SDK sleeps only between two attempts, while it handles the error of the first.
    """

    def time(self) -> float:
        """Return the real time."""
        return time.time()

    def sleep(self, seconds: float) -> None:  # noqa: ARG002 - the SDK's protocol
        """Raise the error that the SDK would try again after."""
        error = sys.exception()
        if error is not None:
            raise error


class WholeConfig(Config):
    """A configuration that knows all of the SDK's settings, whichever class is asked first.

    The SDK looks for them in the class that is asked, a subclass has none of its own, and what is
    found first is kept for the whole process: it would read no variable and no file any more.
    """

    @classmethod
    def attributes(cls) -> Iterable[ConfigAttribute]:
        """Return the settings of the SDK's own class."""
        return Config.attributes()


class PinnedConfig(WholeConfig):
    """A configuration that no environment variable and no file has a say in.

    Args:
        host: the workspace's origin.
        options: of every client.
        given: how to log in.
    """

    def __init__(self, host: str, options: Mapping[str, Any], **given: Any) -> None:
        auth_type = {"auth_type": "pat"} if "token" in given else {"auth_type": "oauth-m2m"}
        known = {"host": host, **auth_type, **options, **given}
        super().__init__(**{**_blanks(known), **known}, clock=OneAttempt())

    def _resolve_host_metadata(self) -> None:
        """Ask the host nothing: what it could tell is given, or not needed."""


class VendorConfig(OwnDiscovery, WholeConfig):
    """A configuration from the vendor's environment and file, if that is of the same host.

    Args:
        host: the workspace's origin.
        options: of every client.
        profile: a profile of the vendor's file; with one, only that file has a say.
        given: what else to pass on.

    Attributes:
        is_file_alone: whether the environment has no say in who logs in.
        source: the profile that the login is of; `None` where the environment names the login.
    """

    def __init__(
        self, host: str, options: Mapping[str, Any], *, profile: str | None, **given: Any
    ) -> None:
        self._wanted_host = host
        self.is_file_alone = profile is not None
        self.source: str | None = None
        super().__init__(**options, **given, profile=profile, clock=OneAttempt())
        self._check_host()

    @property
    def method(self) -> str:
        """How the login is done, and where it was found."""
        return ", ".join(filter(None, (self.auth_type, self.source)))

    def _load_from_env(self) -> None:
        """Load all; beside a named profile only which program is the vendor's command line."""
        if not self.is_file_alone:
            super()._load_from_env()  # type: ignore[no-untyped-call] # the SDK's own
        elif path := os.environ.get("DATABRICKS_CLI_PATH"):
            self.databricks_cli_path = path

    def _known_file_config_loader(self) -> None:
        """Load the profile that is meant, by the SDK's own rule of when the file is read.

        The SDK itself goes on without a file that is not there or that it can't open, and mixes a
        login of the environment into a profile that has another.
        """
        is_given = self.is_any_auth_configured or self.host or self.azure_workspace_resource_id
        if is_given and not self.profile:
            return
        file = read_profile_file()
        name = file.choose(self.profile)
        if name is None:
            return
        values = file.profiles[name]
        place = f"profile `{name}` of `{file.path}`"
        self._refuse_two_logins(values, place)
        self.source = None if self.is_any_auth_configured else place
        for each in self.attributes():
            if each.name in values and each.name not in self._inner:
                setattr(self, each.name, values[each.name])
        if name in {self.profile, file.default}:
            self.profile = name  # the vendor's command line is asked for it by name

    def _refuse_two_logins(self, values: Mapping[str, str], place: str) -> None:
        """Refuse to mix a login, or a host, of the environment into a profile with another.

        Raises:
            CredentialRejected: then.
        """
        for each in self.attributes():
            given, written = self._inner.get(each.name), values.get(each.name)
            if not (given and written):
                continue
            is_other_host = each.name == "host" and not are_same_hosts(given, written)
            if is_other_host or (each.auth and each.transform(written) != given):
                raise CredentialRejected(
                    f"`{each.env}` is of another login than {place}, which "
                    "`DATABRICKS_CONFIG_PROFILE` names",
                    hint="unset one of these variables, or set `auth_profile`: beside that the "
                    "environment has no say",
                )

    def init_auth(self) -> None:
        """Find a way to log in, now that all that the vendor's variables and file name is known.

        Raises:
            CredentialRejected: when the profile that is meant has nothing to log in with.
        """
        try:
            super().init_auth()  # type: ignore[no-untyped-call] # the SDK's own
        except ValueError as exc:
            if NOTHING_FOUND not in str(exc) or self.source is None:
                raise
            raise CredentialRejected(f"{self.source} names no credentials") from None

    def _resolve_host_metadata(self) -> None:
        """Compare the host before anything is sent to it."""
        self._check_host()
        super()._resolve_host_metadata()

    def _check_host(self) -> None:
        """Take our host where the vendor names none.

        Raises:
            CredentialRejected: when it names another one.
        """
        try:
            found = normalise_host(self.host) if self.host else self._wanted_host
        except InvalidSetting:
            found = "no valid address"
        if found != self._wanted_host:
            raise CredentialRejected(
                f"the vendor's environment or file is for `{found}`, and the profile for "
                f"`{self._wanted_host}`",
                hint=way_to_profiles(self._wanted_host)
                or "set `auth_profile` to the profile of `.databrickscfg` for this workspace, or "
                "unset `DATABRICKS_HOST`",
            )
        self.host = found


def sensitive_values(config: Config) -> list[str]:
    """List the secrets of a configuration, by the SDK's own word of which of it are secret.

    Of a URL its path is: host and port are told. Identity tokens are what settings name.
    """
    values = [getattr(config, each.name) for each in Config.attributes() if each.sensitive]
    identity_variable = config.oidc_token_env or "DATABRICKS_OIDC_TOKEN"  # as the SDK chooses it
    values += [os.environ.get(each) for each in (identity_variable, _OF_GITHUB)]
    values.append(_content(config.oidc_token_filepath))
    texts = [str(each) for each in values if each]
    return [_path(each) if each.startswith(("http://", "https://")) else each for each in texts]


def _content(file: str | None) -> str | None:
    """Return the identity token in a file; one that can't be read is the SDK's to complain of."""
    try:
        return Path(file).read_text(encoding="utf-8").strip() if file else None
    except (OSError, UnicodeError):
        return None


def _path(url: str) -> str:
    """Return the path of a URL, where it is long enough to be a secret."""
    path = urlsplit(url).path.strip("/")
    return path if len(path) > len("metadata/token") else ""


def _blanks(known: Mapping[str, Any]) -> dict[str, Any]:
    """Return an empty value for every setting that the environment could fill in."""
    return {
        attribute.name: 0 if attribute.transform is int else ""
        for attribute in Config.attributes()
        if attribute.env and attribute.name not in known
    }
