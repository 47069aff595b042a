"""The SDK's configuration, held to one host and one way of logging in; nobody logs in here."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from databricks.sdk.clock import Clock
from databricks.sdk.core import Config

from ...model.errors import CredentialRejected, InvalidSetting
from .hosts import normalise_host

if TYPE_CHECKING:
    from collections.abc import Mapping


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


class PinnedConfig(Config):
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


class VendorConfig(Config):
    """A configuration from the vendor's environment and files, if that is of the same host.

    Args:
        host: the workspace's origin.
        options: of every client.
        profile: a profile of the vendor's file; with one, only that file has a say.
        given: what else to pass on.
    """

    def __init__(
        self, host: str, options: Mapping[str, Any], *, profile: str | None, **given: Any
    ) -> None:
        self._wanted_host = host
        self._only_file = profile is not None
        file = os.environ.get("DATABRICKS_CONFIG_FILE")
        super().__init__(**options, **given, profile=profile, config_file=file, clock=OneAttempt())
        self._check_host()

    def _load_from_env(self) -> None:
        if not self._only_file:
            super()._load_from_env()  # type: ignore[no-untyped-call] # the SDK's own

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
                hint="set `auth_profile` to the profile of `.databrickscfg` for this workspace, or "
                "unset `DATABRICKS_HOST`",
            )
        self.host = found


def sensitive_values(config: Config) -> list[str]:
    """List the secrets of a configuration, by the SDK's own word of which of it are secret."""
    values = [getattr(config, each.name) for each in Config.attributes() if each.sensitive]
    return [str(each) for each in values if each]


def _blanks(known: Mapping[str, Any]) -> dict[str, Any]:
    """Give an empty value for all that the environment could fill in."""
    return {
        attribute.name: 0 if attribute.transform is int else ""
        for attribute in Config.attributes()
        if attribute.env and attribute.name not in known
    }
