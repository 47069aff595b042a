"""How an age is written: ``30d``, or the day before which."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from .canonical import parse_time
from .errors import UsageError

_SPAN: Final = re.compile(r"([0-9]{1,9})([hdw])\Z")
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def parse_age(text: str, now: datetime | None = None) -> datetime:
    """Return the time before which something must have been made to be that old.

    Args:
        text: ``12h``, ``30d`` or ``2w``, or a day or time of ISO 8601.
        now: what a span is counted back from; the present if it is not given.

    Raises:
        UsageError: when it is neither, or lies in the future or before the year 1.
    """
    present = now or datetime.now(UTC)
    moment = _back(text, present) or parse_time(text)
    if moment is None or moment > present:
        raise UsageError(
            f"`{text[:80]}` is not an age",
            hint="write a span such as `12h`, `30d` or `2w`, or a past day such as `2026-01-31`",
        )
    return moment


def _back(text: str, present: datetime) -> datetime | None:
    span = _SPAN.match(text)
    if span is None:
        return None
    try:
        return present - int(span[1]) * _UNITS[span[2]]
    except OverflowError:
        return None
