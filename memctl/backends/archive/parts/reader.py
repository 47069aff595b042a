"""Reads the parts of one directory, and compares each with its hash before parsing."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Final

from ..errors import damaged
from ..files import read_file
from ..manifest import MANIFEST
from ..manifest_json import read_manifest
from . import parquet
from .index import IdIndex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    import pyarrow as pa

    from ....model.memory_type import MemoryType
    from ..manifest import Manifest, Part

_CACHED_PARTS: Final = 4


@dataclass(frozen=True, eq=False)
class OpenPart:
    """A part that was read into memory.

    Attributes:
        part: its entry in the manifest.
        table: all its rows.
        with_embeddings: whether the table has the vectors too.
    """

    part: Part
    table: pa.Table
    with_embeddings: bool

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row number of each id."""
        return {each: row for row, each in enumerate(parquet.ids_of(self.table, self.part.name))}


class PartReader:
    """Reads the parts of one directory.

    Args:
        directory: the directory.
        manifest: the parts that are known already.
    """

    def __init__(self, directory: Path, manifest: Manifest | None = None) -> None:
        self.directory = directory
        self.dimensions: dict[MemoryType, int] = {}
        """The dimension of each type that has vectors."""
        self._parts: dict[MemoryType, dict[int, Part]] = defaultdict(dict)
        self._indexes: dict[MemoryType, IdIndex] = {}
        self._cache: OrderedDict[Part, OpenPart] = OrderedDict()
        self._lock = Lock()  # several threads may look up ids
        for memory_type, contents in manifest.types.items() if manifest else ():
            if contents.dimension is not None:
                self.dimensions[memory_type] = contents.dimension
            self._parts[memory_type] = {part.number: part for part in contents.parts}

    def types(self) -> list[MemoryType]:
        """List the types that have parts."""
        return [memory_type for memory_type, parts in self._parts.items() if parts]

    def parts(self, memory_type: MemoryType) -> list[Part]:
        """List a type's parts in order."""
        return list(self._parts[memory_type].values())

    def part(self, memory_type: MemoryType, number: int) -> Part | None:
        """Return a part as it is now, or `None` if its last row was removed."""
        return self._parts[memory_type].get(number)

    def put(self, part: Part) -> None:
        """Add a new part, or replace one that has fewer rows now."""
        self._parts[part.type][part.number] = part

    def forget(self, part: Part) -> None:
        """Drop a part that was removed."""
        del self._parts[part.type][part.number]

    def read(self, part: Part) -> bytes:
        """Return a part's bytes.

        Raises:
            DamagedStore: when they are not those that were written.
        """
        data = read_file(self.directory, part.name, part.size)
        found = sha256(data).hexdigest()
        if found != part.sha256:
            raise damaged(part.name, f"was changed: its sha256 is {found}, not {part.sha256}")
        return data

    def open(self, part: Part, *, with_embeddings: bool) -> OpenPart:
        """Return a part, read into memory."""
        columns = parquet.columns_read(with_embeddings=with_embeddings)
        return OpenPart(part, self.table(part, columns), with_embeddings)

    def table(self, part: Part, columns: list[str] | None = None) -> pa.Table:
        """Return columns of a part, or all of them.

        Raises:
            DamagedStore: when it is not what was written.
        """
        table = parquet.from_bytes(self.read(part), part.name, columns)
        if table.num_rows != part.records:
            raise damaged(part.name, f"has {table.num_rows} rows instead of {part.records}")
        dimension = parquet.dimension_of(table.schema)
        if dimension not in {None, self.dimensions.get(part.type, dimension)}:
            raise damaged(part.name, f"has vectors of {dimension} dimensions")
        return table

    def find(
        self, memory_type: MemoryType, ids: Collection[str], *, with_embeddings: bool = False
    ) -> Iterator[tuple[OpenPart, list[int]]]:
        """Yield each part that holds some of the ids, in order, with their rows, ascending."""
        for number in self.index(memory_type).parts_with(ids):
            part = self.part(memory_type, number)
            if part is None:
                continue
            opened = self._open_cached(part, with_embeddings=with_embeddings)
            rows = sorted(opened.rows[each] for each in set(ids) & opened.rows.keys())
            if rows:
                yield opened, rows

    def index(self, memory_type: MemoryType) -> IdIndex:
        """Return the index of a type's ids, which the first call reads from all parts."""
        with self._lock:
            if memory_type not in self._indexes:
                index = IdIndex()
                for part in self.parts(memory_type):
                    index.add(part.number, self.ids(part))
                self._indexes[memory_type] = index
            return self._indexes[memory_type]

    def ids(self, part: Part) -> list[str]:
        """Return the ids of a part, in order."""
        return parquet.ids_of(self.table(part, ["id"]), part.name)

    def duplicates(self, memory_type: MemoryType) -> list[str]:
        """List the ids that more than one row of a type has."""
        suspects = self.index(memory_type).repeated()
        if not suspects:
            return []
        times = Counter(
            each
            for part in self.parts(memory_type)
            for each in self.ids(part)
            if hash(each) in suspects
        )
        return [each for each, rows in times.items() if rows > 1]

    def _open_cached(self, part: Part, *, with_embeddings: bool) -> OpenPart:
        """Return an open part; the last few are cached, since ids are looked up in order."""
        with self._lock:
            opened = self._cache.pop(part, None)
            if opened is None or (with_embeddings and not opened.with_embeddings):
                opened = self.open(part, with_embeddings=with_embeddings)
            self._cache[part] = opened
            while len(self._cache) > _CACHED_PARTS:
                self._cache.popitem(last=False)
            return opened


class FinishedArchive:
    """A finished archive, which is only read.

    Raises:
        DamagedStore: when the manifest is damaged, or says that the archive is not finished.
        UnsupportedSchema: when a newer memctl wrote it.
    """

    def __init__(self, directory: Path) -> None:
        self.manifest = read_manifest(read_file(directory, MANIFEST))
        if not self.manifest.finished:
            raise damaged(MANIFEST, "says that the archive was never finished")
        self.reader = PartReader(directory, self.manifest)
