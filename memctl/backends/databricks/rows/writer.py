"""Writes and deletes rows in batches that the service accepts, and reads which rows failed."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ....model.errors import RequestRefused
from ....model.records import column_of
from ....workspace.errors import malformed
from ...base import Failure, FailureReason
from ...holding import Unheld, judge_ids, judge_vectors, sort_out
from ..info import HOLDS
from .records import to_row
from .wire_format import text_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ....model.record import MemoryRecord
    from ..indexes.layouts import Layout
    from .data_plane import Index

MOST_BYTES: Final = 8_000_000
"""Of one request; the service takes 10 MB."""

MOST_ROWS: Final = 1000
_BYTES_PER_NUMBER: Final = 16
"""Of a vector, at most: a float32 in decimal, a sign, an exponent and a comma."""

_ATTEMPTS: Final = 3
_TOO_LARGE: Final = 413

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of rows: the keys that the service took, and those that it did not."""

    done: list[str]
    failed: list[str]


class Writer:
    """Writes rows of one index; takes calls from any number of threads."""

    def __init__(self, index: Index, layout: Layout) -> None:
        self._index = index
        self._layout = layout

    def upsert(
        self, records: Sequence[MemoryRecord]
    ) -> tuple[list[tuple[MemoryRecord, dict[str, Any]]], dict[str, Failure]]:
        """Write records with distinct ids.

        Returns:
            Those that were written with their rows, and each id that was not, with the reason.
        """
        made, failed = sort_out(records, self._to_rows)
        rows = {record.id: (record, row) for record, row, _ in made}
        sizes = {record.id: size for record, _, size in made}
        written = _in_parts(
            list(rows),
            sizes.__getitem__,
            lambda keys: self._write(rows, keys),
        )
        for key in written.failed:
            failed[key] = Failure(FailureReason.REFUSED, "the workspace does not take the row")
        return [rows[key] for key in written.done], failed

    def _to_rows(
        self, records: Sequence[MemoryRecord]
    ) -> list[tuple[MemoryRecord, dict[str, Any], int]]:
        """Return each record with its row and the row's size."""
        judge_ids(column_of(records, "id"), HOLDS)
        judge_vectors(column_of(records, "embedding"), HOLDS)
        rows = [to_row(each, self._layout) for each in records]
        return [(record, row, _check_size(row)) for record, row in zip(records, rows, strict=True)]

    def delete(self, keys: Sequence[str]) -> Written:
        """Delete rows by key."""
        return _in_parts(list(keys), text_size, self._remove)

    def _write(
        self, rows: Mapping[str, tuple[MemoryRecord, dict[str, Any]]], keys: list[str]
    ) -> Written:
        return self._repeat(keys, lambda left: self._index.write([rows[key][1] for key in left]))

    def _remove(self, keys: list[str]) -> Written:
        return self._repeat(keys, self._index.remove)

    def _repeat(self, keys: list[str], send: Callable[[list[str]], dict[str, Any]]) -> Written:
        """Send rows, and those again that the service names as failed."""
        left = keys
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(0.2 * attempt)
            left = self._failed(send(left), left)
            if not left:
                break
            logger.debug("%d of %d rows failed in %s", len(left), len(keys), self._index.name)
        failed = frozenset(left)
        return Written([key for key in keys if key not in failed], left)

    def _failed(self, answer: Mapping[str, Any], keys: list[str]) -> list[str]:
        """Read which rows failed: the status of the answer is 200 even if all of them did.

        Raises:
            BadAnswer: when the answer does not say it.
        """
        result = answer.get("result") or {}
        named = result.get("failed_primary_keys", result.get("failedPrimaryKeys")) or []
        failed = frozenset(map(str, named)) if isinstance(named, list) else frozenset()
        match answer.get("status"):
            case "SUCCESS" if not failed:
                return []
            case "FAILURE" if not failed:
                return keys
            case "SUCCESS" | "PARTIAL_SUCCESS" | "FAILURE" if failed:
                return [key for key in keys if key in failed]
        raise malformed(self._index.workspace_url, f"index `{self._index.name}`")


def _in_parts(
    keys: list[str], size: Callable[[str], int], send: Callable[[list[str]], Written]
) -> Written:
    """Send rows in parts; one that the service finds too large is halved."""
    done: list[str] = []
    failed: list[str] = []
    for part in _parts(keys, size):
        written = _halving(part, send)
        done += written.done
        failed += written.failed
    return Written(done, failed)


def _halving(keys: list[str], send: Callable[[list[str]], Written]) -> Written:
    try:
        return send(keys)
    except RequestRefused as exc:
        if exc.status != _TOO_LARGE or len(keys) == 1:
            raise
    half = len(keys) // 2
    first, second = _halving(keys[:half], send), _halving(keys[half:], send)
    return Written(first.done + second.done, first.failed + second.failed)


def _parts(keys: list[str], size: Callable[[str], int]) -> Iterator[list[str]]:
    part: list[str] = []
    filled = 0
    for key in keys:
        needed = size(key)
        if part and (filled + needed > MOST_BYTES or len(part) == MOST_ROWS):
            yield part
            part, filled = [], 0
        part.append(key)
        filled += needed
    if part:
        yield part


def _check_size(row: Mapping[str, Any]) -> int:
    """Return about how many bytes a row is in a request.

    Raises:
        Unheld: when no request can hold it.
    """
    size = _size(row)
    if size > MOST_BYTES:
        raise Unheld("it is larger than one request may be")
    return size


def _size(row: Mapping[str, Any]) -> int:
    """Count the bytes of a row in a request, those of a vector rather too many than too few."""
    size = 0
    for name, value in row.items():
        size += len(name) + 24
        if isinstance(value, str):
            size += text_size(value)
        elif hasattr(value, "shape"):
            size += len(value) * _BYTES_PER_NUMBER
    return size
