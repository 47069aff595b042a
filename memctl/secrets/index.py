"""Which secrets there are, where each lies and for which host; never a value.

A keyring can't be asked what it holds, and a store without secrets should not wake one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from ..model.bounded import parse_json
from ..model.errors import LocalStateUnusable
from .private_files import hold_file, read_private, write_private

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ..model.profile import Profile

KEYRING: Final = "keyring"
VAULT: Final = "vault"
PLACES: Final = (KEYRING, VAULT)
"""Where secrets lie, in the order in which they are looked for."""

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class SecretEntry:
    """One secret that is kept.

    Attributes:
        profile_id: the profile that it belongs to, whatever that is called now.
        group_id: the group of the profile.
        profile: what the profile was called when the secret was set.
        setting: the setting of the backend that it fills.
        host: the only host that it is sent to.
        place: ``keyring`` or ``vault``.
        kept_since: when it was set; aware, UTC.
    """

    profile_id: str
    group_id: str
    profile: str
    setting: str
    host: str
    place: str
    kept_since: datetime

    @classmethod
    def of(cls, profile: Profile, setting: str, host: str, place: str) -> Self:
        """Make the entry of a secret that is set now."""
        now = datetime.now(UTC).replace(microsecond=0)
        return cls(profile.id, profile.group_id, profile.name, setting, host, place, now)

    @property
    def account(self) -> str:
        """The name of the secret in its place.

        It holds the host, so that an entry changed by hand finds nothing, and the profile's id, so
        that a later profile of the same name does not inherit the secret.
        """
        return f"{self.group_id}/{self.profile}/{self.setting}@{self.host}#{self.profile_id}"

    def fills(self, profile_id: str, setting: str) -> bool:
        """Return whether it belongs to this setting of this profile."""
        return (self.profile_id, self.setting) == (profile_id, setting)

    def is_beside(self, other: SecretEntry) -> bool:
        """Return whether both can lie side by side, the one not replacing the other."""
        return (self.place, self.account) != (other.place, other.account)


class SecretIndex:
    """The file that lists the secrets of one home."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "secrets.json"

    def entries(self) -> list[SecretEntry]:
        """List every secret that is kept; a home without the file keeps none.

        Raises:
            LocalStateUnusable: when the file can't be read or is not what memctl wrote.
        """
        content = read_private(self._path)
        if content is None:
            return []
        try:
            document = parse_json(content)
            if document["format"] != _FORMAT:
                raise ValueError(document["format"])  # noqa: TRY301 - one sentence for all of them
            return [_entry(each) for each in document["secrets"]]
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            raise LocalStateUnusable(
                f"`{self._path}` is not a list of secrets that this memctl can read",
                hint="move it away and set the secrets again; their values lie elsewhere",
            ) from exc

    def add(self, entry: SecretEntry) -> None:
        """Add an entry; one of the same place and account goes."""
        with hold_file(self._path):
            kept = [each for each in self.entries() if each.is_beside(entry)]
            self._write([*kept, entry])

    def remove(self, entries: Collection[SecretEntry]) -> None:
        """Remove entries; those that are not there are fine."""
        with hold_file(self._path):
            self._write([each for each in self.entries() if each not in entries])

    def _write(self, entries: list[SecretEntry]) -> None:
        listed = [{**asdict(each), "kept_since": each.kept_since.isoformat()} for each in entries]
        document = json.dumps({"format": _FORMAT, "secrets": listed}, indent=1)
        write_private(self._path, document.encode())


def _entry(values: dict[str, str]) -> SecretEntry:
    texts = {name: text for name, text in values.items() if name != "kept_since"}
    if values["place"] not in PLACES or not all(isinstance(text, str) for text in texts.values()):
        raise ValueError(values["place"])
    moment = datetime.fromisoformat(values["kept_since"])
    return SecretEntry(kept_since=moment.astimezone(UTC), **texts)
