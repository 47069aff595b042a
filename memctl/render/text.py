"""How single values are written for people, and how foreign text is made harmless."""

from __future__ import annotations

import codecs
import json
import re
from datetime import UTC
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from datetime import datetime

OBEYED: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
"""What a terminal or a reader of lines obeys instead of showing: controls, bidirectional marks and
overrides, line separators; and lone surrogates, which no encoding takes."""

NOTHING: Final = "-"
"""Stands where there is no value."""

_SHORT_ESCAPES: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_UNITS: Final = ("KiB", "MiB", "GiB", "TiB", "PiB")
_MINUTE: Final = 60
_HOUR: Final = 3600


def is_utf8(stream: TextIO) -> bool:
    """Return whether a stream takes all of Unicode; one without an encoding keeps text as it is."""
    return codecs.lookup(stream.encoding or "utf-8").name == "utf-8"


def visible(text: str) -> str:
    """Return the text on one line, with what a terminal would obey written as an escape."""
    return text if text.isprintable() else OBEYED.sub(_escape, text)


def visible_lines(text: str) -> list[str]:
    """Return the lines of a text, each as `visible` does."""
    return [visible(line) for line in re.split(r"\r\n|\n", text)]


def visible_json(value: object, *, indent: int | None = None) -> str:
    """Write a value as JSON that can be read, and still is JSON."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return escape_in_json(text)


def value_text(value: object) -> str:
    """Write a setting's value: a text as it is, a dash for none, anything else as JSON."""
    if value is None:
        return NOTHING
    return visible(value) if isinstance(value, str) else visible_json(value)


def escape_in_json(text: str) -> str:
    """Escape what JSON would leave raw; outside of its strings no such character occurs."""
    if text.replace("\n", "").isprintable():
        return text
    return OBEYED.sub(
        lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text
    )


def or_nothing(text: str | None) -> str:
    """Return the text as `visible` does, or a dash where there is none."""
    return NOTHING if text is None else visible(text)


def counted(number: int, noun: str) -> str:
    """Write a number and its noun: ``1 record``, ``1,200 records``."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def size(number_of_bytes: int) -> str:
    """Write a number of bytes: ``512 B``, ``1.5 MiB``."""
    if number_of_bytes < 1024:  # noqa: PLR2004 - the unit's own step
        return f"{number_of_bytes} B"
    value = number_of_bytes / 1024
    units = iter(_UNITS)
    unit = next(units)
    while value >= 1023.95 and unit != _UNITS[-1]:  # noqa: PLR2004 - it would be shown as 1024.0
        value /= 1024
        unit = next(units)
    return f"{value:.1f} {unit}"


def moment(time: datetime | None) -> str:
    """Write a time in UTC, to the second."""
    if time is None:
        return NOTHING
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "seconds")


def duration(seconds: float) -> str:
    """Write a duration with its one or two largest units: ``0.4 s``, ``3 min 5 s``."""
    if seconds < 9.95:  # noqa: PLR2004 - above, it would be shown as 10.0
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    return _SHORT_ESCAPES.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")  # noqa: PLR2004 - two digits hold no more
