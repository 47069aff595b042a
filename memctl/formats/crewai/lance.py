"""Reads the manifest of a Lance table without lancedb.

The format is described at https://lance.org/format/table/ (``table.proto``): the file
ends with its offset, the version of the format and the letters ``LANC``. Fields of the message that
are not named here are skipped.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ...model.errors import NotAStore
from ..opening import read_regular
from ..translate import parsing, translating
from .storage import TABLE_DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOOTER: Final = struct.Struct("<QHH4s")
_MAGIC: Final = b"LANC"
_FIELD, _FRAGMENT, _VERSION, _WRITTEN = 1, 2, 3, 7
_FILES_DELETED, _PHYSICAL_ROWS, _DELETED_ROWS = 3, 4, 4
_NAME, _TYPE = 2, 5
_VECTOR: Final = "fixed_size_list:float:"
_COLUMNS: Final = frozenset({"id", "content", "scope", "metadata_str", "vector"})


@dataclass(frozen=True, slots=True)
class LanceFacts:
    """Facts about a table from its newest manifest.

    Attributes:
        records: the number of rows, without deleted ones.
        dimension: the dimension of the vectors.
        version: how often the table was changed.
        written_at: when it was last changed: aware, UTC.
    """

    records: int
    dimension: int | None
    version: int
    written_at: datetime | None


def read_table(directory: Path) -> LanceFacts:
    """Return the facts from the newest manifest of the table in a directory.

    Raises:
        NotAStore: when the table's columns are not CrewAI's.
        DamagedStore: when no manifest is there, or it can't be read.
        NotPermitted: when the user may not read it.
    """
    table = directory / TABLE_DIRECTORY
    with translating(table), parsing(table, "its newest manifest can't be read"):
        manifest = _newest(table / "_versions")
        fields = list(_fields(_message(read_regular(manifest))))
        columns = dict(_column(value) for key, value in fields if key == _FIELD)
        if not columns.keys() >= _COLUMNS:
            raise NotAStore(
                f"`{table}` is a Lance table, and not one of CrewAI's memory",
                hint="look which program made it",
            )
        vector = columns["vector"]
        return LanceFacts(
            records=sum(_rows(value) for key, value in fields if key == _FRAGMENT),
            dimension=int(vector.removeprefix(_VECTOR)) if vector.startswith(_VECTOR) else None,
            version=_number(fields, _VERSION),
            written_at=_time(fields),
        )


def _newest(versions: Path) -> Path:
    """Return the manifest of the latest version; newer Lance counts down from 2**64 - 1."""
    found = {int(each.stem): each for each in versions.glob("*.manifest") if each.stem.isdigit()}
    downwards = [number for number in found if number > 2**63]
    return found[min(downwards)] if downwards else found[max(found)]


def _message(data: bytes) -> bytes:
    offset, _, _, magic = _FOOTER.unpack(data[-_FOOTER.size :])
    if magic != _MAGIC:
        raise ValueError("no manifest")
    (length,) = struct.unpack_from("<I", data, offset)
    start = offset + 4
    if start + length > len(data):
        raise ValueError("cut short")
    return data[start : start + length]


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a Protocol Buffers message, as numbers or raw bytes."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        match key & 7:
            case 0:
                value, place = _varint(message, place)
                yield key >> 3, value
                continue
            case 1:
                length = 8
            case 2:
                length, place = _varint(message, place)
            case 5:
                length = 4
            case _:
                raise ValueError("no wire type")
        yield key >> 3, message[place : place + length]
        place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if not byte & 0x80:
            return value, place


def _number(fields: list[tuple[int, int | bytes]], wanted: int) -> int:
    """Return a number, or 0 if the field is missing: Protocol Buffers leaves out zeros."""
    return next((int(v) for key, v in reversed(fields) if key == wanted and isinstance(v, int)), 0)


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise TypeError("not a message")
    return value


def _column(value: int | bytes) -> tuple[str, str]:
    parts = dict(_fields(_bytes(value)))
    return _bytes(parts[_NAME]).decode(), _bytes(parts.get(_TYPE, b"")).decode()


def _rows(value: int | bytes) -> int:
    """Return a fragment's number of rows, without those in its deletion file."""
    parts = dict(_fields(_bytes(value)))
    deletion = dict(_fields(_bytes(parts.get(_FILES_DELETED, b""))))
    physical, deleted = parts.get(_PHYSICAL_ROWS, 0), deletion.get(_DELETED_ROWS, 0)
    if not isinstance(physical, int) or not isinstance(deleted, int):
        raise TypeError("not a number")
    return physical - deleted


def _time(fields: list[tuple[int, int | bytes]]) -> datetime | None:
    for key, value in fields:
        if key == _WRITTEN:
            seconds = dict(_fields(_bytes(value))).get(1, 0)
            return datetime.fromtimestamp(int(seconds), UTC)
    return None
