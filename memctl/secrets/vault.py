"""The vault: a keyring in one encrypted file, for machines that have none.

It is opened by memctl itself: its priority is below zero and it has no entry point, so that the
package `keyring` never chooses it for another program.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from ..model.errors import CredentialRejected, LocalStateUnusable
from .private_files import hold_file, read_private, write_private
from .vault_file import DoesNotOpen, Lock, NotAVault, Work, read_lock, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pydantic import SecretStr

    Secrets = dict[str, dict[str, str]]

USUAL_WORK: Final = Work()


class Vault(KeyringBackend):
    """The secrets in one encrypted file.

    Args:
        path: of the file; it is made by the first secret.
        read_password: gives the password, told whether it is that of a new vault.
        work: what a guess at the password of a new vault costs.
    """

    priority = -1

    def __init__(
        self,
        path: Path,
        read_password: Callable[[bool], SecretStr],
        work: Work = USUAL_WORK,
    ) -> None:
        # Not calling the base's: it lets environment variables replace attributes.
        self._path = path
        self._read_password = read_password
        self._work = work
        self._password: SecretStr | None = None
        self._opened: tuple[Lock, bytes] | None = None

    def unlock(self) -> None:
        """Ask for the password if it was not given yet, and try it on a vault that is there.

        Raises:
            CredentialMissing: when no password is given.
            CredentialRejected: when it does not open the vault.
            LocalStateUnusable: when the file can't be read or is no vault.
        """
        self._given_password()
        self._secrets()

    def get_password(self, service: str, username: str) -> str | None:
        """Return a secret, or `None` where there is none."""
        return self._secrets().get(service, {}).get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret."""
        with self._changing() as secrets:
            secrets.setdefault(service, {})[username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Delete a secret.

        Raises:
            PasswordDeleteError: when there is none.
        """
        with self._changing() as secrets:
            if username not in secrets.get(service, {}):
                raise PasswordDeleteError("there is no such secret")
            del secrets[service][username]

    @contextmanager
    def _changing(self) -> Iterator[Secrets]:
        """Return all secrets and keep what became of them, unless the block fails."""
        self._given_password()  # before the lock is held: a user may take long
        with hold_file(self._path):
            secrets = self._secrets()
            yield secrets
            lock = self._opened[0] if self._opened else Lock.fresh(self._work)
            plain = json.dumps(secrets).encode()
            write_private(self._path, seal(plain, lock, self._key(lock)))

    def _secrets(self) -> Secrets:
        content = read_private(self._path)
        if content is None:
            self._opened = None
            return {}
        try:
            plain = unseal(content, self._key(read_lock(content)))
        except NotAVault as exc:
            raise LocalStateUnusable(
                f"`{self._path}` is not a vault that this memctl can read",
                hint="put back a copy of it, or move it away and set the secrets again",
            ) from exc
        except DoesNotOpen as exc:
            raise CredentialRejected(
                f"the vault `{self._path}` does not open: the password is another, or the file "
                "was changed",
                hint="give the vault's password in `MEMCTL_VAULT_PASSWORD`, or at the prompt; "
                "without it, move the file away and set the secrets again",
            ) from exc
        secrets: Secrets = json.loads(plain)
        return secrets

    def _key(self, lock: Lock) -> bytes:
        """Derive the key once: that it takes long is its purpose."""
        if self._opened is None or self._opened[0] != lock:
            password = self._given_password().get_secret_value()
            self._opened = (lock, lock.key(password.encode("utf-8", "surrogateescape")))
        return self._opened[1]

    def _given_password(self) -> SecretStr:
        if self._password is None:
            self._password = self._read_password(not self._path.exists())
        return self._password
