"""The open parts of one store, and their sections."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from ...formats.chroma import open_store
from ...formats.crewai import Kind
from ...formats.crewai.long_term import open_long_term
from ...formats.opening import open_sqlite
from ...formats.translate import translating
from ...model.backend.collection import Collection
from ...model.memory_type import MemoryType
from .legacy.chroma import ChromaSection, chroma_sections, other_collections
from .legacy.long_term import LongTermSection
from .unified.memory import UnifiedMemory, UnifiedSection
from .unified.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ...formats.chroma import ChromaStore
    from ...formats.crewai import Part
    from ..shared.sections import Section

LegacySection = ChromaSection | LongTermSection

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

    def types(self) -> list[MemoryType]:
        """List the memory types that any part has a collection for."""
        found = {section.type for section in self.legacy()}
        found.update(each for memory in self.unified for each in memory.types())
        return [each for each in MemoryType if each in found]

    def sections(self, memory_type: MemoryType) -> list[Section]:
        """List the sections of a type, in the same order in every run."""
        legacy: list[Section] = [each for each in self.legacy() if each.type is memory_type]
        legacy.sort(key=lambda section: (section.name, section.key))
        return [*legacy, *(UnifiedSection(memory, memory_type) for memory in self.unified)]

    def legacy(self) -> Iterator[LegacySection]:
        """Yield the sections of CrewAI up to 1.9."""
        for part, store in self.chroma:
            yield from chroma_sections(part, store)
        yield from self._long_term

    def collections(self) -> list[Collection]:
        """List the collections of memory, then knowledge, outputs of tasks and states of flows."""
        counted = [section.describe() for section in self.legacy()]
        counted += [
            UnifiedSection(memory, each).describe()
            for memory in self.unified
            for each in memory.types()
        ]
        others = [each for part, store in self.chroma for each in other_collections(part, store)]
        return [*counted, *others, *self._listed()]

    def _listed(self) -> Iterator[Collection]:
        for part in self.parts:
            for table in LISTED.get(part.kind, ()):
                rows = count_rows(part, table)
                if rows is not None:
                    yield Collection(f"{part.prefix}{table}", None, rows, None, None)

    def close(self) -> None:
        """Close all files; a second call does nothing."""
        self._resources.close()


def count_rows(part: Part, table: str) -> int | None:
    """Return how many rows a table of an SQLite file has; `None` if there is no such table.

    Raises:
        DamagedStore: when it is no SQLite file.
    """
    with translating(part.path):
        database = open_sqlite(part.path)
        try:
            return int(database.rows(f"SELECT COUNT(*) FROM {table}")[0][0])  # noqa: S608 - a constant
        except sqlite3.OperationalError as exc:
            if "no such table" not in str(exc):
                raise
            return None
        finally:
            database.close()
