"""Secrets in memctl's vault, seen like those of a keyring; how it encrypts is in `vault`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .index import VAULT
from .place import Place
from .prompt import vault_password

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from keyring.backend import KeyringBackend
    from pydantic import SecretStr

    from ..model.redaction import Redactor
    from .place import Answer
    from .vault import Vault


class VaultPlace(Place):
    """The vault of one home.

    Every method raises what `Vault.unlock` raises.

    Args:
        directory: in which the vault lies.
        redactor: learns its password.
        may_ask: whether the user may be asked for the password.
    """

    word = VAULT

    def __init__(self, directory: Path, redactor: Redactor, *, may_ask: bool) -> None:
        self._directory = directory
        self._redactor = redactor
        self._may_ask = may_ask
        self._opened: Vault | None = None

    def probe(self) -> None:
        """Find out whether the vault opens."""
        self._vault().unlock()

    def _call(self, work: Callable[[KeyringBackend], Answer]) -> Answer:
        return work(self._vault())

    def _vault(self) -> Vault:
        if self._opened is None:
            from .vault import Vault

            self._opened = Vault(self._directory / "vault", self._password)
        return self._opened

    def _password(self, is_new: bool) -> SecretStr:
        password = vault_password(is_new=is_new, may_ask=self._may_ask)
        self._redactor.add(password.get_secret_value())
        return password
