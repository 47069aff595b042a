"""Reads and writes CrewAI's Lance table with `lancedb`, by the addresses of rows.

An address is fragment and offset. Deleting does not change other addresses, and compacted or
rewritten rows get higher ones, so a scan that continues after an address misses none.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from ....formats.crewai.storage import TABLE_DIRECTORY
from ....model.backend.packages import way_to_add, way_to_upgrade
from ....model.errors import (
    BackendNotInstalled,
    DamagedStore,
    DiskFull,
    InvalidSetting,
    MemctlError,
    NotAStore,
    NotPermitted,
    StoreLocked,
    UnsupportedSchema,
)
from .rows import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

NAME: Final = TABLE_DIRECTORY.removesuffix(".lance")
_ADDRESS: Final = "_rowid"

_SIGNS: Final = (
    (("commit conflict", "retryable commit"), StoreLocked, "another process writes to it", "again"),
    (("permission denied", "read-only file"), NotPermitted, "you may not do this", "owner"),
    (("no space left",), DiskFull, "the disk is full", "room"),
    (
        ("feature flag", "please upgrade", "not supported", "unsupported"),
        UnsupportedSchema,
        "it was written by a newer lancedb",
        "upgrade",
    ),
)
"""Words in messages -> error, meaning, hint; lancedb has no exception classes to tell by."""
_HINTS: Final = {
    "again": "try again when it is done",
    "owner": "check who owns it, or run as its owner",
    "room": "make room, then run the same command again",
    "upgrade": f"run `{way_to_upgrade('lancedb')}`, then the same command again",
}


class Table:
    """The open table of a directory, for one thread.

    Args:
        directory: the one that holds ``memories.lance``.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        lancedb = load_lancedb()
        with lance_errors(directory):
            self._database = lancedb.connect(str(directory))
            self._table = self._database.open_table(NAME)
            self.dimension = _dimension(self._table.schema, directory)

    def refresh(self) -> int:
        """Load what others have written since; return the version."""
        with lance_errors(self.directory):
            self._table.checkout_latest()
            return int(self._table.version)

    def addresses(self, where: str | None = None) -> pa.Table:
        """Return ``id`` and address of the rows that match SQL, in scan order."""
        with lance_errors(self.directory):
            query = self._table.search().with_row_id(True).select(["id"])
            found = (query.where(where) if where else query).to_arrow()
            return found.sort_by(_ADDRESS)

    def columns(
        self, names: Sequence[str], batch_size: int, where: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield batches of some columns of all rows, or of those that match SQL."""
        with lance_errors(self.directory):
            query = self._table.search().select(list(names))
            yield from (query.where(where) if where else query).to_batches(batch_size)

    def rows(self, addresses: Sequence[int], *, with_vectors: bool) -> pa.Table:
        """Return rows in the order of addresses, without those that are gone by now."""
        names = [*COLUMNS, *(["vector"] if with_vectors else [])]
        with lance_errors(self.directory):
            query = self._table.take_row_ids(list(addresses)).select(names).with_row_id()
            return query.to_arrow().sort_by(_ADDRESS)

    def merge(self, rows: pa.Table) -> None:
        """Update the rows with these ids and insert the new ones, in one commit."""
        with lance_errors(self.directory):
            query = self._table.merge_insert("id").when_matched_update_all()
            query.when_not_matched_insert_all().execute(rows)

    def delete(self, addresses: Sequence[int]) -> int:
        """Delete rows by address; return how many were there."""
        if not addresses:
            return 0
        with lance_errors(self.directory):
            listed = ",".join(map(str, addresses))
            return int(self._table.delete(f"{_ADDRESS} IN ({listed})").num_deleted_rows)

    def purge(self) -> int:
        """Rewrite all rows and remove earlier versions; return how many versions there were.

        Compaction alone would keep files of which only a few rows were deleted.
        """
        from datetime import timedelta

        with lance_errors(self.directory):
            before = len(self._table.list_versions())
            self._table.update(values_sql={"private": "private"})
            with warnings.catch_warnings():
                # It warns that readers of older versions will fail, which is what is asked for.
                warnings.simplefilter("ignore", UserWarning)
                self._table.optimize(cleanup_older_than=timedelta(0))
            return before


def create_table(directory: Path, dimension: int) -> None:
    """Create an empty table with CrewAI's schema, unless there is one by now.

    Raises:
        BackendNotInstalled: when `lancedb` is missing.
        MemctlError: when it can't be made.
    """
    lancedb = load_lancedb()
    with lance_errors(directory):
        lancedb.connect(str(directory)).create_table(NAME, schema=schema(dimension), exist_ok=True)


def schema(dimension: int) -> pa.Schema:
    """Return the schema of the table as CrewAI 1.10 to 1.15 creates it."""
    import pyarrow as pa

    kinds = {"importance": pa.float64(), "private": pa.bool_()}
    columns = [(name, kinds.get(name, pa.string())) for name in COLUMNS]
    return pa.schema([*columns, ("vector", pa.list_(pa.float32(), dimension))])


def load_lancedb() -> Any:
    """Import and return `lancedb`.

    Raises:
        BackendNotInstalled: when it is missing.
    """
    try:
        import lancedb
    except ImportError as exc:
        raise BackendNotInstalled(
            "CrewAI's unified memory needs the package `lancedb`, which is not installed",
            hint=f"run `{way_to_add('crewai')}`",
        ) from exc
    return lancedb


def _dimension(found: pa.Schema, directory: Path) -> int:
    import pyarrow as pa

    missing = {*COLUMNS, "vector"} - set(found.names)
    if missing or not pa.types.is_fixed_size_list(found.field("vector").type):
        raise NotAStore(
            f"`{directory / TABLE_DIRECTORY}` is not CrewAI's: "
            f"it has no column `{min(missing or {'vector'})}` of its form",
            hint="look which program made it",
        )
    return int(found.field("vector").type.list_size)


@contextmanager
def lance_errors(directory: Path) -> Iterator[None]:
    """Translate errors of lancedb; a panic of its Rust core is only a `BaseException`."""
    try:
        yield
    except (MemctlError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as exc:
        raise _meaning(exc, directory) from exc


def _meaning(exc: BaseException, directory: Path) -> MemctlError:
    place, said = f"`{directory / TABLE_DIRECTORY}`", str(exc)
    for words, error, meaning, hint in _SIGNS:
        if any(word in said.lower() for word in words):
            return error(f"{place}: {meaning}", hint=_HINTS[hint])
    if isinstance(exc, UnicodeError):
        return InvalidSetting(f"{place} can't be named: {exc}", hint="choose another directory")
    # Every message ends with a position in lancedb's own source, which helps no user.
    short = said.partition(", /")[0][:200]
    return DamagedStore(
        f"{place} can't be worked with: {short or type(exc).__name__}",
        hint="restore it from a copy",
    )
