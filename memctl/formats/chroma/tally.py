"""Counts rows by owner and day in SQLite itself, without reading a row in full."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from ..translate import parsing
from .queue import NO_CHANGES, read_row_layer
from .visible import read_fresh_page, read_table_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..opening import Database
    from .catalog import StoredCollection
    from .queue import RowLayer

_PLAIN_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?(Z|\+00:00)\Z").match
"""A form whose texts stand in the order of the times that they mean."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many rows of a collection share some metadata and a day.

    Attributes:
        values: of the metadata keys that were asked for, in their order; `None` where a row has
            no text under a key.
        day: the UTC day on which they were made; `None` where no time is known.
        count: how many there are.
        oldest: the earliest time among them: aware, UTC; `None` where none is known.
        newest: the latest one.
    """

    values: tuple[str | None, ...]
    day: date | None
    count: int
    oldest: datetime | None
    newest: datetime | None


def tally(
    database: Database,
    collection: StoredCollection,
    keys: Sequence[str],
    created_key: str,
    *,
    row_times: bool,
) -> list[DayCount]:
    """Return counts by metadata and the day under `created_key`, else that of the row's storing.

    Raises:
        DamagedStore: when a time that Chroma wrote can't be read.
    """
    layer = read_row_layer(database, collection)
    database.add_function("utc_time", utc_time)
    rows = database.rows(
        _query(len(keys), [*layer.hidden, *layer.patched], row_times=row_times),
        (*keys, created_key, collection.metadata_segment),
    )
    with parsing(database.file, "a row has no time as chromadb writes it"):
        counts = [_day_count(*row) for row in rows]
        counts += _changed_rows(database, layer, keys, created_key, row_times=row_times)
    return counts if layer is NO_CHANGES else _merge(counts)


def _query(keys: int, left_out: list[int], *, row_times: bool) -> str:
    columns = [f"k{number}" for number in range(keys)]
    joins = "".join(
        f" LEFT JOIN embedding_metadata AS {name} ON {name}.id = e.id AND {name}.key = ?"
        for name in [*columns, "created"]
    )
    values = "".join(f"{name}.string_value AS {name}, " for name in columns)
    stored_at = "replace(e.created_at, ' ', 'T') || '+00:00'" if row_times else "NULL"
    # Without a limit SQLite would merge both levels and read each time three times.
    return (
        f"SELECT {''.join(f'{name}, ' for name in columns)}COUNT(*), MIN(time), MAX(time)"  # noqa: S608 - made-up names and whole numbers
        f" FROM (SELECT {values}COALESCE({_TIME}, {stored_at})"
        " AS time"
        f" FROM embeddings AS e{joins} WHERE +e.segment_id = ?"
        f" AND e.id NOT IN ({','.join(map(str, left_out))}) LIMIT -1)"
        f" GROUP BY {''.join(f'{name}, ' for name in columns)}substr(time, 1, 10)"
    )


_DIGITS: Final = "[0-9]"
_SECONDS: Final = (
    "-".join([_DIGITS * 4, _DIGITS * 2, _DIGITS * 2]) + "T" + ":".join([_DIGITS * 2] * 3)
)
_TEXT: Final = "created.string_value"
_TIME: Final = f"""
CASE WHEN ({_TEXT} GLOB '{_SECONDS}Z' OR {_TEXT} GLOB '{_SECONDS}.{_DIGITS * 6}Z')
    AND date({_TEXT}, '+0 days') = substr({_TEXT}, 1, 10) AND {_TEXT} >= '0001'
    THEN replace({_TEXT}, 'Z', '+00:00') ELSE utc_time({_TEXT}) END
"""
"""The usual form is checked by SQLite itself; Python is asked only about others.

Adding nothing makes SQLite carry 24 o'clock and the 30th of February over to the next day.
"""


def utc_time(value: Any) -> str | None:
    """Return an ISO 8601 time in the one form whose texts sort as times do; `None` if it is none.

    A time without an offset is taken as UTC.
    """
    if value is None:  # the most frequent of what is no time
        return None
    try:
        time = datetime.fromisoformat(value)
        if _PLAIN_TIME(value):
            return str(value).replace("Z", "+00:00")
        if time.tzinfo is None:
            time = time.replace(tzinfo=UTC)
        return time.astimezone(UTC).isoformat()
    except (OverflowError, TypeError, ValueError):
        return None


def _day_count(*row: Any) -> DayCount:
    *values, count, oldest, newest = row
    if oldest is None:
        return DayCount(tuple(values), None, count, None, None)
    first = datetime.fromisoformat(oldest)
    return DayCount(tuple(values), first.date(), count, first, datetime.fromisoformat(newest))


def _changed_rows(
    database: Database,
    layer: RowLayer,
    keys: Sequence[str],
    created_key: str,
    *,
    row_times: bool,
) -> Iterator[DayCount]:
    """Yield a count for each row that the queue makes or changes: there are few."""
    patched = read_table_page(database, layer, sorted(layer.patched))
    for page in (patched, read_fresh_page(layer.fresh)):
        for metadata, stored_at in zip(page.metadatas, page.created_at, strict=True):
            texts = (metadata.get(key) for key in keys)
            values = tuple(text if isinstance(text, str) else None for text in texts)
            text = utc_time(metadata.get(created_key))
            otherwise = stored_at if row_times else None
            time = datetime.fromisoformat(text) if text else otherwise
            yield DayCount(values, time.date() if time else None, 1, time, time)


def _merge(counts: list[DayCount]) -> list[DayCount]:
    merged: dict[tuple[tuple[str | None, ...], date | None], DayCount] = {}
    for each in counts:
        key = each.values, each.day
        other = merged.get(key)
        merged[key] = each if other is None else _sum(other, each)
    return list(merged.values())


def _sum(a: DayCount, b: DayCount) -> DayCount:
    """Return the sum of two counts of one day, so that both know their times or neither does."""
    times = [each for each in (a.oldest, b.oldest, a.newest, b.newest) if each is not None]
    oldest, newest = min(times, default=None), max(times, default=None)
    return DayCount(a.values, a.day, a.count + b.count, oldest, newest)
