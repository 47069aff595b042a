"""The secrets that are kept: finding, keeping and dropping them, index and places together."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..model.errors import CredentialMissing
from .index import PLACES, SecretEntry, SecretIndex
from .keyring_place import KeyringPlace
from .vault_place import VaultPlace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pydantic import SecretStr

    from ..model.profile import Profile
    from ..model.redaction import Redactor
    from .place import Place

logger = logging.getLogger(__name__)


class KeptSecrets:
    """The secrets of one home.

    Args:
        directory: memctl's home.
        redactor: learns the password of the vault.
        keyring_hint: what to do where the keyring can't be used.
        may_ask: whether the user may be asked for the vault's password.
    """

    def __init__(
        self, directory: Path, redactor: Redactor, *, keyring_hint: str, may_ask: bool = False
    ) -> None:
        self._index = SecretIndex(directory)
        places: tuple[Place, ...] = (
            KeyringPlace(keyring_hint),
            VaultPlace(directory, redactor, may_ask=may_ask),
        )
        self._places = {place.word: place for place in places}

    def entries(self) -> list[SecretEntry]:
        """List what is kept, without waking a keyring."""
        return self._index.entries()

    def find(
        self, profile: Profile, setting: str, host: str | None
    ) -> tuple[SecretStr, str] | None:
        """Return a secret and the place that it lies in; `None` where none was ever set.

        Raises:
            CredentialMissing: when one is kept for another host only, or is gone from its place.
        """
        kept = [each for each in self.entries() if each.fills(profile.id, setting)]
        if not kept:
            return None
        bound = [each for each in kept if each.host == host]
        if not bound:
            now = f"`{host}`" if host else "no host"
            raise CredentialMissing(
                f"secret `{setting}` is kept for host `{kept[0].host}`, and profile "
                f"`{profile.name}` names {now} now: it is sent to no other host"
            )
        for entry in sorted(bound, key=lambda each: PLACES.index(each.place)):
            value = self._places[entry.place].read(entry.account)
            if value is not None:
                logger.info("secret %s for %s: from the %s", setting, entry.host, entry.place)
                return value, entry.place
        raise CredentialMissing(
            f"secret `{setting}` of profile `{profile.name}` is gone from the {bound[0].place}"
        )

    def keep(self, entry: SecretEntry, read_value: Callable[[], SecretStr]) -> None:
        """Keep a secret in the place of its entry; earlier ones of the same setting go.

        The places are tried before the value is read, so that nobody types a secret in vain. The
        entry is written before the value, so that no value lies anywhere unlisted.
        """
        earlier = [each for each in self.entries() if each.fills(entry.profile_id, entry.setting)]
        self._places[entry.place].probe()
        for each in earlier:
            self._places[each.place].read(each.account)
        value = read_value()
        self._index.add(entry)
        self._places[entry.place].write(entry.account, value)
        self.drop([each for each in earlier if each.is_beside(entry)])

    def drop(self, entries: Sequence[SecretEntry], *, only_entry: bool = False) -> None:
        """Remove secrets, or only their entries where a place is gone for good."""
        for entry in entries:
            if not only_entry:
                self._places[entry.place].remove(entry.account)
            self._index.remove([entry])
