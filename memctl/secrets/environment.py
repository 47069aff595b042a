"""Secrets that environment variables give; the variables' names are made by `model.setting`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from pydantic import SecretStr

_PROXY: Final = re.compile(r"(?i)[a-z]+_proxy")
VAULT_PASSWORD: Final = "MEMCTL_VAULT_PASSWORD"  # noqa: S105 - the name of a variable


def environment_secret(variable: str) -> SecretStr | None:
    """Return the value of a variable; an empty one counts as not set."""
    from pydantic import SecretStr

    value = os.environ.get(variable)
    return SecretStr(value) if value else None


def proxy_passwords() -> list[str]:
    """List the passwords of proxies that the environment names; libraries' errors repeat them."""
    found = []
    for variable, value in os.environ.items():
        if _PROXY.fullmatch(variable):
            login, at, _ = value.rpartition("@")
            password = login.rpartition("//")[2].partition(":")[2]
            found += [password, unquote(password)] if at and password else []
    return found
