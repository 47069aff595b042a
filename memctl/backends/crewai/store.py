"""The open parts of one store, and their sections."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from ...formats.chroma import open_store
from ...formats.crewai import Kind
from ...formats.crewai.long_term import open_long_term
from ...formats.opening import open_sqlite
from ...formats.translate import translating
from ...model.backend.collection import Collection
from ...model.errors import MemctlError
from .legacy.chroma import ChromaSection, chroma_sections, other_collections
from .legacy.long_term import LongTermSection
from .unified.memory import UnifiedMemory, UnifiedSection
from .unified.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...formats.chroma import ChromaStore
    from ...formats.crewai import Part
    from ...model.memory_type import MemoryType

LegacySection = ChromaSection | LongTermSection
CrewaiSection = LegacySection | UnifiedSection

LISTED: Final = {
    Kind.KICKOFF: ("latest_kickoff_task_outputs",),
    Kind.FLOWS: ("flow_states", "pending_feedback"),
}
"""Tables that hold no memory, and are only listed with their counts."""


class OpenStore:
    """Every part of a store, open for reading.

    Attributes:
        chroma: the databases of CrewAI up to 1.9.
        unified: the tables of CrewAI 1.10 and newer.
    """

    def __init__(self, parts: Iterable[Part]) -> None:
        """Open the parts.

        Raises:
            MemctlError: when one can't be opened.
        """
        self.parts = tuple(parts)
        self.chroma: list[tuple[Part, ChromaStore]] = []
        self.unified: list[UnifiedMemory] = []
        self._long_term: list[LongTermSection] = []
        with ExitStack() as stack:
            for part in self.parts:
                self._open(part, stack)
            self._resources = stack.pop_all()

    def _open(self, part: Part, stack: ExitStack) -> None:
        match part.kind:
            case Kind.PER_TYPE | Kind.SHARED:
                self.chroma.append((part, stack.enter_context(open_store(part.path))))
            case Kind.LONG_TERM:
                file = stack.enter_context(open_long_term(part.path))
                self._long_term.append(LongTermSection(part, file))
            case Kind.UNIFIED:
                self.unified.append(UnifiedMemory(part, Table(part.path)))

    def sections(self, memory_type: MemoryType) -> list[CrewaiSection]:
        """List the sections of a type, in the same order in every run."""
        legacy: list[CrewaiSection] = [each for each in self.legacy() if each.type is memory_type]
        legacy.sort(key=lambda section: (section.name, section.key))
        return [*legacy, *(UnifiedSection(memory, memory_type) for memory in self.unified)]

    def legacy(self) -> Iterator[LegacySection]:
        """Yield the sections of CrewAI up to 1.9."""
        for part, store in self.chroma:
            yield from chroma_sections(part, store)
        yield from self._long_term

    def collections(self) -> list[Collection]:
        """List the collections of memory, then knowledge, outputs of tasks and states of flows."""
        return [
            *(section.describe() for section in self._typed()),
            *(
                Collection(name, None, stored.dimension, stored.metric)
                for part, store in self.chroma
                for name, stored in other_collections(part, store)
            ),
            *(
                Collection(name, None, None, None)
                for name, part, table in self._listed()
                if has_table(part, table)
            ),
        ]

    def rows_in(self, collection: Collection) -> int:
        """Count the rows of a collection; one that is gone by now has none."""
        if collection.type is not None:
            return sum(each.count() for each in self._typed() if each.name == collection.name)
        for part, store in self.chroma:
            for name, stored in other_collections(part, store):
                if name == collection.name:
                    return store.count(stored)
        found = [(part, table) for name, part, table in self._listed() if name == collection.name]
        return sum(count_rows(*each) or 0 for each in found)

    def _typed(self) -> Iterator[CrewaiSection]:
        yield from self.legacy()
        for memory in self.unified:
            yield from (UnifiedSection(memory, each) for each in memory.types())

    def _listed(self) -> Iterator[tuple[str, Part, str]]:
        for part in self.parts:
            for table in LISTED.get(part.kind, ()):
                yield f"{part.prefix}{table}", part, table

    def close(self) -> None:
        """Close all files; a second call does nothing."""
        self._resources.close()


def has_table(part: Part, table: str) -> bool:
    """Return whether an SQLite file has a table; one that can't be read has it until it is counted.

    What a crew remembers is read beside it all the same.
    """
    try:
        return _ask(part, f"SELECT 1 FROM {table} LIMIT 0") is not None  # noqa: S608 - a constant
    except MemctlError:
        return True


def count_rows(part: Part, table: str) -> int | None:
    """Return how many rows a table of an SQLite file has; `None` if there is no such table.

    Raises:
        DamagedStore: when it is no SQLite file.
    """
    found = _ask(part, f"SELECT COUNT(*) FROM {table}")  # noqa: S608 - a constant
    return None if found is None else int(found[0][0])


def _ask(part: Part, statement: str) -> list[tuple[Any, ...]] | None:
    """Return the rows of a statement, or `None` where the file has no such table."""
    with translating(part.path):
        database = open_sqlite(part.path)
        try:
            return database.rows(statement)
        except sqlite3.OperationalError as exc:
            if "no such table" not in str(exc):
                raise
            return None
        finally:
            database.close()
