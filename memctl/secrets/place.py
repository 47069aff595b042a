"""What every place of secrets does in the same way, be it a keyring or the vault."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from keyring.backend import KeyringBackend
    from pydantic import SecretStr

SERVICE: Final = "memctl"
"""Under which name a keyring shows the secrets of memctl."""

Answer = TypeVar("Answer")


class Place(ABC):
    """Where secrets lie: a keyring, or the vault, which is one in a file."""

    word: ClassVar[str]

    @abstractmethod
    def _call(self, work: Callable[[KeyringBackend], Answer]) -> Answer:
        """Do the work with the keyring of this place; raise what this place raises."""

    @abstractmethod
    def probe(self) -> None:
        """Raise what reading or writing would raise."""

    def read(self, account: str) -> SecretStr | None:
        """Return a secret, or `None` where there is none of that name."""
        from pydantic import SecretStr

        value = self._call(lambda ring: ring.get_password(SERVICE, account))
        return None if value is None else SecretStr(value)

    def write(self, account: str, value: SecretStr) -> None:
        """Keep a secret."""
        self._call(lambda ring: ring.set_password(SERVICE, account, value.get_secret_value()))

    def remove(self, account: str) -> None:
        """Remove a secret; one that is not there is fine.

        It is looked for first: keyrings raise the same for what is not there and for what they
        won't delete.
        """

        def remove_if_there(ring: KeyringBackend) -> None:
            if ring.get_password(SERVICE, account) is not None:
                ring.delete_password(SERVICE, account)

        self._call(remove_if_there)
