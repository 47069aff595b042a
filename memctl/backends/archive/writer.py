"""Writes an archive, with one durable part per batch."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from ... import __version__
from ...model.memory_type import MemoryType
from ..holding import sort_out
from ..shared.on_disk import flush
from .errors import damaged, file_errors
from .files import names_in, read_file, remove_file, write_file
from .manifest import MANIFEST, Contents, Manifest, Part, parse_part_name, part_name
from .manifest_json import read_manifest, write_manifest
from .parts import parquet
from .parts.digest import add_up
from .parts.reader import PartReader
from .parts.rows import to_records, to_table
from .place import is_temporary
from .stats import sum_up

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pyarrow as pa

    from ...model.record import MemoryRecord
    from ...model.selector import Selector
    from ..base import Failure
    from .parts.reader import OpenPart
    from .place import Place
    from .stats import PartSums


class UnfinishedArchive:
    """An archive that is being written; opening it repairs what a killed run left.

    Args:
        place: where the archive will be.

    Raises:
        DamagedStore: when a part can't be read.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.directory = place.partial
        self.manifest = self._read_first_manifest()
        self.reader = PartReader(self.directory)
        self._sums: dict[Part, PartSums] = {}
        """The sums of parts that this object wrote and did not change since."""
        for name in names_in(self.directory):
            if is_temporary(name):
                remove_file(self.directory, name)
        for found in sorted(filter(None, map(parse_part_name, names_in(self.directory)))):
            self._add_existing(*found)

    def write(self, memory_type: MemoryType, records: Sequence[MemoryRecord]) -> dict[str, Failure]:
        """Write records as one more part, then remove older rows with the same ids.

        If the process is killed in between, the next opening removes the older rows.

        Returns:
            The records that an archive can't hold, which are not written.
        """
        known = self.reader.dimensions.get(memory_type)
        table, failed = sort_out(
            records,
            lambda some: to_table(some, memory_type, known),
            "an archive can't hold it: ",
        )
        if table.num_rows:
            numbers = [part.number for part in self.reader.parts(memory_type)]
            part = self._store(table, memory_type, max(numbers, default=0) + 1)
            self._sums[part] = sum_up(table, part.name)
            self._add(part, parquet.ids_of(table, part.name), parquet.dimension_of(table.schema))
        return failed

    def delete(self, memory_type: MemoryType, ids: Collection[str], selector: Selector) -> int:
        """Remove the rows with these ids that a selector means; return how many."""
        deleted = 0
        for opened, rows in self.reader.find(memory_type, set(ids)):
            table = opened.table.take(rows)
            records = to_records(table, memory_type, opened.part.name)
            pairs = zip(rows, records, strict=True)
            meant = [row for row, record in pairs if selector.matches(record)]
            self._rewrite_without(opened, meant)
            deleted += len(meant)
        return deleted

    def finish(self) -> None:
        """Check every part, write the manifest, and rename the directory into place.

        Raises:
            DamagedStore: when a part is not what was written.
            ConfigurationError: when something else was put in the archive's place.
        """
        write_file(self.directory, MANIFEST, write_manifest(self._finished()))
        with file_errors("make", self.place.path):
            self.directory.rename(self.place.path)
            flush(self.place.path.parent)

    def _read_first_manifest(self) -> Manifest:
        """Return the first manifest; a finished one was left by a run killed in `finish`."""
        found = read_manifest(read_file(self.directory, MANIFEST))
        beginning = replace(
            found,
            finished=False,
            types={each: Contents() for each in found.types},
            digest=0,
            created_at=None,
            memctl_version=None,
        )
        if found.finished:
            write_file(self.directory, MANIFEST, write_manifest(beginning))
        return beginning

    def _add_existing(self, memory_type: MemoryType, number: int) -> None:
        """Add a part of an earlier run; the checksums of its pages are compared."""
        name = part_name(memory_type, number)
        data = read_file(self.directory, name)
        table = parquet.from_bytes(data, name)
        part = Part(memory_type, number, table.num_rows, len(data), sha256(data).hexdigest())
        self._add(part, parquet.ids_of(table, name), parquet.dimension_of(table.schema))

    def _add(self, part: Part, ids: Sequence[str], dimension: int | None) -> None:
        if dimension is not None:
            known = self.reader.dimensions.setdefault(part.type, dimension)
            if known != dimension:
                raise damaged(part.name, f"has vectors of {dimension} dimensions, not {known}")
        for opened, rows in self.reader.find(part.type, ids):
            self._rewrite_without(opened, rows)
        self.reader.put(part)
        self.reader.index(part.type).add(part.number, ids)

    def _rewrite_without(self, opened: OpenPart, rows: Collection[int]) -> None:
        """Write a part again without some rows, or remove it if none is left."""
        part, gone = opened.part, set(rows)
        kept = [row for row in range(part.records) if row not in gone]
        if not kept:
            remove_file(self.directory, part.name)
            self.reader.forget(part)
        elif gone:
            table = self.reader.table(part).filter([row not in gone for row in range(part.records)])
            self.reader.put(self._store(table, part.type, part.number))

    def _store(self, table: pa.Table, memory_type: MemoryType, number: int) -> Part:
        data = parquet.to_bytes(table)
        write_file(self.directory, part_name(memory_type, number), data)
        return Part(memory_type, number, table.num_rows, len(data), sha256(data).hexdigest())

    def _finished(self) -> Manifest:
        contents: dict[MemoryType, Contents] = {}
        digests: list[int] = []
        for memory_type in MemoryType:
            parts = self.reader.parts(memory_type)
            if not parts and memory_type not in self.manifest.types:
                continue
            sums = [self._sum_up(part) for part in parts]
            digests += [each.digest for each in sums]
            owners = sum((each.owners for each in sums), Counter())
            has_vectors = any(each.has_vectors for each in sums)
            dimension = self.reader.dimensions[memory_type] if has_vectors else None
            contents[memory_type] = Contents(dimension, dict(owners), tuple(parts))
        return replace(
            self.manifest,
            finished=True,
            types=contents,
            digest=add_up(digests),
            created_at=datetime.now(UTC),
            memctl_version=__version__,
        )

    def _sum_up(self, part: Part) -> PartSums:
        """Return the sums of a part, which is read once more to compare it with its hash."""
        if part in self._sums:
            self.reader.read(part)
            return self._sums[part]
        table = self.reader.table(part)
        to_records(table, part.type, part.name)  # what an earlier run left must be readable too
        return sum_up(table, part.name)
