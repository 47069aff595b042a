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
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ....model.selector import Selector
    from ....model.step import Step
    from ..legacy.chroma import LegacySection
    from ..place import Place
    from ..store import OpenStore
    from .sqlite_edit import Signature


class Clearing:
    """The collections of CrewAI's memory up to 1.9 that a selector means.

    Args:
        root: the directory of the store.
        files: what goes from each of its files.
        notes: what the user should know before.
        require: raises unless the store may be changed.
        forget: has the store looked at anew, after a change.
    """

    def __init__(
        self,
        root: Path,
        files: Sequence[FileClearing],
        notes: Sequence[str],
        *,
        require: Callable[[Capability], None],
        forget: Callable[[], None],
    ) -> None:
        self.root = root
        self.notes = notes
        self._files = files
        self._require = require
        self._forget = forget
        self._known: dict[str, Signature] = {}

    @property
    def paths(self) -> list[str]:
        """The SQLite files, and the directories of indexes."""
        return [path for each in self._files for path in (each.path, *each.directories)]

    @property
    def undo(self) -> dict[str, Any]:
        """What goes, and where from."""
        return {"root": str(self.root), "cuts": [each.as_json() for each in self._files]}

    def prepare(self) -> None:
        """Hold each file for a moment, and remember how it is.

        Raises:
            StoreLocked: while another process holds one.
            MemctlError: when one can't be written.
        """
        self._require(Capability.CLEAR_WHOLE)
        self._known = {each.path: recover(self.root / each.path) for each in self._files}
        self._forget()

    def steps(self) -> list[Step]:
        """Remove from every file what goes, then what is left of it on the disk."""
        removals: list[Step] = [
            RemoveCollections(self.root, each, self._known.get(each.path), self._forget)
            for each in self._files
        ]
        leftovers = (RemoveLeftovers(self.root, each, self._forget) for each in self._files)
        return [*removals, *leftovers]


def plan_clearing(
    place: Place,
    store: OpenStore,
    selector: Selector,
    *,
    require: Callable[[Capability], None],
    forget: Callable[[], None],
) -> Clearing | None:
    """Return which collections up to CrewAI 1.9 a selector means; `None` where it means none.

    Args:
        place: where the store lies.
        store: its open parts, some of which are memory up to CrewAI 1.9.
        selector: what is to be cleared.
        require: raises unless the store may be changed.
        forget: has the store looked at anew, after a change.

    Raises:
        UnsupportedOperation: when it means a part of a collection, or unified memory as well.
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
        _by_file(place.storage.path, meant),
        list(_notes(wanted, meant)) if selector.crew_id is not None else [],
        require=require,
        forget=forget,
    )


def unfinished(root: Path, undo: Mapping[str, Any], forget: Callable[[], None]) -> list[Step]:
    """List what a clearing of this store has left behind of collections that are gone."""
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
    """Put together what goes from each file, in an order that does not change between runs."""
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
    """Refuse to clear both: one is deleted record by record, the other in whole collections."""
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
            f"`--at crewai:{_old_part(place)}`",
        )


def _old_part(place: Place) -> Path:
    """Give what names a part of the older memory alone."""
    part = place.storage.of(*LEGACY)[0]
    if part.kind is Kind.SHARED:
        return part.path / SQLITE_FILE
    return place.storage.path / part.path.relative_to(place.storage.path).parts[0]


def _refuse_scattered(place: Place, meant: Sequence[LegacySection]) -> None:
    """Refuse what lies in several directories: a backup of files is one directory's."""
    root = place.storage.path
    apart = [each.part.path for each in meant if not each.part.path.is_relative_to(root)]
    if apart:
        raise UnsupportedOperation(
            "this project's memory up to CrewAI 1.9 lies in several directories, and one at a time "
            "can be cleared",
            hint=f"name one of them: `--at crewai:{root}` or `--at crewai:{apart[0]}`",
        )
