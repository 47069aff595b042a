"""Secrets that environment variables give; the variables' names are made by `model.setting`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic import SecretStr

VAULT_PASSWORD: Final = "MEMCTL_VAULT_PASSWORD"  # noqa: S105 - the name of a variable


def environment_secret(variable: str) -> SecretStr | None:
    """Return the value of a variable; an empty one counts as not set."""
    from pydantic import SecretStr

    value = os.environ.get(variable)
    return SecretStr(value) if value else None
