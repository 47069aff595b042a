"""Plans which whole collections of memory up to CrewAI 1.9 a selector clears."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ....formats.chroma.store import SQLITE_FILE
from ....formats.crewai import Kind, read_name
from ....model.backend.capability import Capability
from ....model.errors import UnsupportedOperation
from ..legacy.chroma import ChromaSection
from ..place import LEGACY
from ..unified.memory import UnifiedSection
from .file_clearing import FileClearing, RemoveCollections, RemoveLeftovers, read_file_clearings
from .sqlite_edit import Removal, recover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ....model.selector import Selector
    from ....model.step import Step
    from ..place import Place
    from ..store import LegacySection, OpenStore
    from .sqlite_edit import Signature


@dataclass(slots=True)
class Clearing:
    """The clearing of collections of memory up to CrewAI 1.9 that a selector means."""

    root: Path
    notes: Sequence[str]
    files: Sequence[FileClearing]
    require: Callable[[Capability], None]
    forget: Callable[[], None]
    _known: dict[str, Signature] = field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        """The SQLite files and the directories of indexes that are changed or removed."""
        return [path for each in self.files for path in (each.path, *each.directories)]

    @property
    def undo(self) -> dict[str, Any]:
        """What is removed, and from which files."""
        return {"root": str(self.root), "cuts": [each.as_json() for each in self.files]}

    def prepare(self) -> None:
        """Lock each file for a moment and remember its signature.

        Raises:
            StoreLocked: while another process holds one.
            MemctlError: when one can't be written.
        """
        self.require(Capability.CLEAR_WHOLE)
        self._known = {each.path: recover(self.root / each.path) for each in self.files}
        self.forget()

    def steps(self) -> list[Step]:
        """List the removals from every file, then the removals of what is left on disk."""
        removals: list[Step] = [
            RemoveCollections(self.root, each, self._known.get(each.path), self.forget)
            for each in self.files
        ]
        leftovers = (RemoveLeftovers(self.root, each, self.forget) for each in self.files)
        return [*removals, *leftovers]


def plan_clearing(
    place: Place,
    store: OpenStore,
    selector: Selector,
    require: Callable[[Capability], None],
    forget: Callable[[], None],
) -> Clearing | None:
    """Return the clearing of what a selector means; `None` if no collection is meant.

    `require` raises unless the store may be changed; `forget` is called after each change.

    Raises:
        UnsupportedOperation: when it means a part of a collection, or unified memory too.
    """
    wanted = [each for each in store.legacy() if selector.wants(each.type)]
    meant = [each for each in wanted if selector.owner_fits(None, each.crew)]
    if store.unified:
        if not meant:
            return None
        _refuse_unified(place, store, selector)
    _refuse_parts(place, selector)
    _refuse_scattered(place, meant)
    return Clearing(
        place.root,
        list(_notes(wanted, meant)) if selector.crew_id is not None else [],
        _by_file(place.storage.path, meant),
        require,
        forget,
    )


def unfinished(root: Path, undo: Mapping[str, Any], forget: Callable[[], None]) -> list[Step]:
    """List the steps that remove what is left of collections that are gone."""
    if undo.get("root") != str(root):
        return []
    gone = [
        each
        for each in read_file_clearings(undo)
        if (root / each.path).is_file() and each.removal.is_done(root / each.path)
    ]
    steps = [RemoveLeftovers(root, each, forget) for each in gone]
    return [each for each in steps if not each.find()]


def _by_file(root: Path, sections: Sequence[LegacySection]) -> list[FileClearing]:
    """Group sections by file, in an order that is the same in every run."""
    chroma: dict[Path, list[ChromaSection]] = defaultdict(list)
    files = []
    for section in sections:
        path = section.part.path.relative_to(root)
        if isinstance(section, ChromaSection):
            chroma[path].append(section)
        else:
            files.append(FileClearing(path.as_posix(), Removal()))
    for path, found in chroma.items():
        segments = sorted(path / each.stored.vector_segment for each in found)
        files.append(
            FileClearing(
                (path / SQLITE_FILE).as_posix(),
                Removal(tuple(sorted(each.stored.id for each in found))),
                tuple(each.as_posix() for each in segments),
            )
        )
    return sorted(files, key=lambda each: each.path)


def _notes(wanted: Sequence[LegacySection], meant: Sequence[LegacySection]) -> Iterator[str]:
    """Yield notes on crews whose memories can't be told apart."""
    left = [each for each in wanted if each not in meant and each.crew is None]
    rows = sum(each.count() for each in left)
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


def _refuse_parts(place: Place, selector: Selector) -> None:
    if selector.ids is None and selector.created_before is None:
        return
    raise UnsupportedOperation(
        f"`{place.location}` is memory of CrewAI up to 1.9: only whole collections of it can be "
        "cleared, no single records",
        hint=f"move it first: `memctl migrate {place.location} crewai:NEW --scope /crew/NAME`, "
        "then clear there",
    )


def _refuse_unified(place: Place, store: OpenStore, selector: Selector) -> None:
    """Raise if unified memory is meant too: that is deleted record by record."""
    sections = [
        UnifiedSection(memory, each)
        for memory in store.unified
        for each in memory.types()
        if selector.wants(each)
    ]
    rows = [row for section in sections for row in section.tally()]
    if any(selector.owner_fits(row.group_id, row.crew_id) for row in rows):
        raise UnsupportedOperation(
            f"`{place.location}` holds unified memory and memory of CrewAI up to 1.9, and this "
            "means records of both",
            hint=f"name one of them: `--at crewai:{place.unified_directory}`, or "
            f"`--at crewai:{_path_of_older(place)}`",
        )


def _path_of_older(place: Place) -> Path:
    """Return a path that names a part of the older memory alone."""
    part = place.storage.of(*LEGACY)[0]
    if part.kind is Kind.SHARED:
        return part.path / SQLITE_FILE
    return place.storage.path / part.path.relative_to(place.storage.path).parts[0]


def _refuse_scattered(place: Place, meant: Sequence[LegacySection]) -> None:
    """Raise if several directories are meant: a backup of files holds only one."""
    root = place.storage.path
    apart = [each.part.path for each in meant if not each.part.path.is_relative_to(root)]
    if apart:
        raise UnsupportedOperation(
            "this project's memory up to CrewAI 1.9 lies in several directories, and one at a time "
            "can be cleared",
            hint=f"name one of them: `--at crewai:{root}` or `--at crewai:{apart[0]}`",
        )
