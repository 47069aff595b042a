"""How values are kept as text in the state file, and read back."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ..model.address.logins import shown
from ..model.bounded import parse_json
from ..model.journal import Outcome
from ..model.profile import printable

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in a column: what it is called, and how it becomes text and is read back."""

    what: str
    write: Callable[[Any], str]
    read: Callable[[str], Any]

    def text_of(self, value: Any) -> str | None:
        """Return what is kept of a value."""
        return None if value is None else self.write(value)

    def value_of(self, text: str | None) -> Any:
        """Return the value of what was kept.

        Raises:
            sqlite3.DatabaseError: what can't be read back is damage, not a value.
        """
        if text is None:
            return None
        try:
            return self.read(text)
        except (TypeError, ValueError) as error:
            raise sqlite3.DatabaseError(
                f"`{printable(shown(str(text)))}` is not {self.what}"
            ) from error


def _write_time(value: datetime) -> str:
    """Return RFC 3339 text: UTC and microseconds, so that texts sort as times do."""
    utc = value.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="microseconds") + "Z"


def _read_time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _write_object(value: dict[str, Any]) -> str:
    return json.dumps(value, allow_nan=False)


def _read_object(text: str) -> dict[str, Any]:
    found = parse_json(text)
    if not isinstance(found, dict):
        raise TypeError
    return found


TIME: Final = Form("a time", _write_time, _read_time)
OBJECT: Final = Form("a JSON object", _write_object, _read_object)
OUTCOME: Final = Form("an outcome", str, Outcome)
