"""The manifest of an archive as dataclasses, and the names of its files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ...model.memory_type import MemoryType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MANIFEST: Final = "manifest.json"

_PART_NAME = re.compile(rf"({'|'.join(MemoryType)})-([0-9]{{6,9}})\.parquet\Z")

Owner = tuple[str | None, str | None]
"""Group and crew."""


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet file of one memory type.

    Attributes:
        type: the memory type of all its records.
        number: its position among the type's parts, from 1.
        records: how many rows it has.
        size: in bytes.
        sha256: of its bytes, in hex.
    """

    type: MemoryType
    number: int
    records: int
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The file's name."""
        return part_name(self.type, self.number)


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents of one memory type.

    Attributes:
        dimension: the dimension of its vectors; `None` while there are none.
        owners: how many records each group and crew has.
        parts: in order.
    """

    dimension: int | None = None
    owners: Mapping[Owner, int] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()

    @property
    def records(self) -> int:
        """How many records of the type there are."""
        return sum(part.records for part in self.parts)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of an archive.

    Attributes:
        finished: whether everything was written.
        types: the contents of each memory type.
        digest: the sum of all records' digests modulo 2**256.
        source: the location that it was copied from, without secrets.
        metric: the metric of the source.
        embedder: the model that made the vectors.
        created_at: when it was finished.
        memctl_version: the version of memctl that finished it.
    """

    finished: bool = False
    types: Mapping[MemoryType, Contents] = field(default_factory=dict)
    digest: int = 0
    source: str | None = None
    metric: str | None = None
    embedder: str | None = None
    created_at: datetime | None = None
    memctl_version: str | None = None

    @property
    def records(self) -> int:
        """How many records there are."""
        return sum(contents.records for contents in self.types.values())

    def parts(self) -> list[Part]:
        """List the parts of all types."""
        return [part for contents in self.types.values() for part in contents.parts]


def part_name(memory_type: MemoryType, number: int) -> str:
    """Return the name of a type's part."""
    return f"{memory_type}-{number:06d}.parquet"


def parse_part_name(name: str) -> tuple[MemoryType, int] | None:
    """Return type and number of a part, or `None` if the name is not exactly a part's."""
    match = _PART_NAME.match(name)
    if match is None:
        return None
    memory_type, number = MemoryType(match[1]), int(match[2])
    return (memory_type, number) if name == part_name(memory_type, number) else None
