"""Which whole collections of memory up to CrewAI 1.9 are cleared; `cuts` clears them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ....formats.chroma.snapshot import SQLITE_FILE
from ....formats.crewai import Kind, read_name
from ....model.capability import Capability
from ....model.errors import UnsupportedOperation
from ..legacy.chroma import ChromaSection
from ..place import LEGACY
from ..unified.memory import UnifiedSection
from .file_clearing import FileClearing, RemoveCollections, RemoveLeftovers, read_file_clearings
from .sqlite_edit import Removal, recover

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ....model.selector import Selector
    from ....model.step import Step
    from ..backend import CrewaiBackend
    from ..legacy.chroma import LegacySection
    from .sqlite_edit import Signature


class Clearing:
    """The collections of CrewAI's memory up to 1.9 that a selector means."""

    def __init__(
        self, backend: CrewaiBackend, cuts: Sequence[FileClearing], notes: Sequence[str]
    ) -> None:
        self.root = backend.place.storage.path.absolute()
        self.notes = notes
        self._backend = backend
        self._cuts = cuts
        self._known: dict[str, Signature] = {}

    @property
    def paths(self) -> list[str]:
        """The SQLite files, and the directories of indexes."""
        return [path for cut in self._cuts for path in (cut.path, *cut.directories)]

    @property
    def undo(self) -> dict[str, Any]:
        """What goes, and where from."""
        return {"root": str(self.root), "cuts": [cut.as_json() for cut in self._cuts]}

    def prepare(self) -> None:
        """Hold each file for a moment, and remember how it is.

        Raises:
            StoreLocked: while another process holds one.
            MemctlError: when one can't be written.
        """
        self._backend.require(Capability.CLEAR_WHOLE)
        self._known = {cut.path: recover(self.root / cut.path) for cut in self._cuts}
        self._backend.forget()

    def steps(self) -> list[Step]:
        """Remove from every file what goes, then what is left of it on the disk."""
        removals: list[Step] = [
            RemoveCollections(self._backend, self.root, cut, self._known.get(cut.path))
            for cut in self._cuts
        ]
        return [*removals, *(RemoveLeftovers(self._backend, self.root, cut) for cut in self._cuts)]


def plan_clearing(backend: CrewaiBackend, selector: Selector) -> Clearing | None:
    """Say which collections up to CrewAI 1.9 a selector means; `None` where there are none.

    Raises:
        UnsupportedOperation: when it means a part of a collection, or unified memory as well.
    """
    storage = backend.place.storage
    if not storage.of(*LEGACY):
        return None
    wanted = [each for each in backend.store.legacy() if selector.wants(each.type)]
    meant = [each for each in wanted if selector.owner_fits(None, each.crew)]
    if storage.of(Kind.UNIFIED):
        if not meant:
            return None
        _refuse_unified(backend, selector)
    _refuse_parts(backend, selector)
    _refuse_scattered(backend, meant)
    return Clearing(
        backend,
        _cuts(storage.path, meant),
        list(_notes(wanted, meant)) if selector.crew_id is not None else [],
    )


def unfinished(backend: CrewaiBackend, undo: Mapping[str, Any]) -> list[Step]:
    """List what a clearing of this store has left behind of collections that are gone."""
    root = backend.place.storage.path.absolute()
    if undo.get("root") != str(root):
        return []
    gone = [
        each
        for each in read_file_clearings(undo)
        if (root / each.path).is_file() and each.removal.is_done(root / each.path)
    ]
    steps = [RemoveLeftovers(backend, root, each) for each in gone]
    return [each for each in steps if not each.find()]


def _cuts(root: Path, sections: Sequence[LegacySection]) -> list[FileClearing]:
    """Put together what goes from each file, in an order that does not change between runs."""
    chroma: dict[Path, list[ChromaSection]] = defaultdict(list)
    cuts = []
    for section in sections:
        path = section.part.path.relative_to(root)
        if isinstance(section, ChromaSection):
            chroma[path].append(section)
        else:
            cuts.append(FileClearing(path.as_posix(), Removal()))
    for path, found in chroma.items():
        segments = sorted(path / each.stored.vector_segment for each in found)
        cuts.append(
            FileClearing(
                (path / SQLITE_FILE).as_posix(),
                Removal(tuple(sorted(each.stored.id for each in found))),
                tuple(each.as_posix() for each in segments),
            )
        )
    return sorted(cuts, key=lambda each: each.path)


def _notes(wanted: Sequence[LegacySection], meant: Sequence[LegacySection]) -> Iterator[str]:
    """Say what the figures do not: whose memory can't be told apart."""
    left = [each for each in wanted if each not in meant and each.crew is None]
    rows = sum(each.describe().records for each in left)
    if rows:
        names = ", ".join(sorted(f"`{each.name}`" for each in left))
        yield (
            f"not meant: {rows} records in {names}, which name no crew; `--all` means them too, "
            "and every crew's"
        )
    shared = [
        each.name
        for each in meant
        if isinstance(each, ChromaSection) and read_name(each.stored.name).is_cut
    ]
    if shared:
        names = ", ".join(f"`{each}`" for each in shared)
        yield (
            f"CrewAI cut the names of {names}: crews whose roles begin alike share them, and all "
            "that is in them goes"
        )


def _refuse_parts(backend: CrewaiBackend, selector: Selector) -> None:
    if selector.ids is None and selector.created_before is None:
        return
    raise UnsupportedOperation(
        f"`{backend.location}` is memory of CrewAI up to 1.9: only whole collections of it can be "
        "cleared, no single records",
        hint=f"move it first: `memctl migrate {backend.location} crewai:NEW --scope /crew/NAME`, "
        "then clear there",
    )


def _refuse_unified(backend: CrewaiBackend, selector: Selector) -> None:
    """Refuse to clear both: one is deleted record by record, the other in whole collections."""
    sections = [
        UnifiedSection(memory, each)
        for memory in backend.store.unified
        for each in memory.types()
        if selector.wants(each)
    ]
    rows = [row for section in sections for row in section.tally()]
    if any(selector.owner_fits(row.group_id, row.crew_id) for row in rows):
        raise UnsupportedOperation(
            f"`{backend.location}` holds unified memory and memory of CrewAI up to 1.9, and this "
            "means records of both",
            hint=f"name one of them: `--at crewai:{backend.place.unified_directory}`, or "
            f"`--at crewai:{_old_part(backend)}`",
        )


def _old_part(backend: CrewaiBackend) -> Path:
    """Give what names a part of the older memory alone."""
    part = backend.place.storage.of(*LEGACY)[0]
    if part.kind is Kind.SHARED:
        return part.path / SQLITE_FILE
    return backend.place.storage.path / part.path.relative_to(backend.place.storage.path).parts[0]


def _refuse_scattered(backend: CrewaiBackend, meant: Sequence[LegacySection]) -> None:
    """Refuse what lies in several directories: a backup of files is one directory's."""
    root = backend.place.storage.path
    apart = [each.part.path for each in meant if not each.part.path.is_relative_to(root)]
    if apart:
        raise UnsupportedOperation(
            "this project's memory up to CrewAI 1.9 lies in several directories, and one at a time "
            "can be cleared",
            hint=f"name one of them: `--at crewai:{root}` or `--at crewai:{apart[0]}`",
        )
