"""Source and target of a copy, and which rows are meant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...backends.facets import Composed
from ...model.errors import ConfigurationError, UsageError, WrongDimension
from ...model.memory_type import MemoryType
from ...model.profile import DEFAULT_GROUP
from ...model.results import LeftOut
from ...model.selector import Selector
from ..query.collections import count_untyped
from .changes import revisions
from .reading import Reading
from .retyping import refuse_types, written_as

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...model.backend.collection import OwnerCount
    from ..connect import Connection


def plan_reading(
    source: Connection,
    target: Connection,
    wanted: Selector,
    group_id: str | None,
    given_back: frozenset[MemoryType] = frozenset(),
) -> Reading:
    """Return which rows of the source are meant, by DESIGN's rules on groups.

    Args:
        source: the store that is read.
        target: the store that is written.
        wanted: the rows asked for, within the source's group.
        group_id: the group that was given, `None` where none was.
        given_back: the types that the source keeps as others, and that its records have again.
    """
    before = revisions(source, filter(wanted.wants, MemoryType))
    rows = source.backend.count_by_owner(Selector(crew_id=wanted.crew_id, types=wanted.types))
    knows_groups = any(row.group_id is not None for row in rows)
    if source.selection.profile is None and not knows_groups:
        # A store that knows no groups is its owner's as a whole: there is nobody else in it.
        wanted = replace(wanted, include_unscoped=True)
    meant: list[OwnerCount] = []
    others: list[OwnerCount] = []
    for row in rows:
        (meant if wanted.owner_fits(row.group_id, row.crew_id) else others).append(row)
    own_group = group_id or (target.selection.group_id if target.selection.profile else None)
    groups = {row.group_id for row in meant if row.group_id is not None}
    left_out_by = LeftOut(
        no_group=sum(row.records for row in others if row.group_id is None),
        other_group=sum(row.records for row in others if row.group_id is not None),
        no_type=count_left_out(source, wanted),
    )
    return Reading(
        selector=wanted,
        counts=_counts(meant),
        collections=frozenset(row.collection for row in meant),
        left_out=left_out_by.no_group,
        other_groups=sorted(groups - {own_group}) if own_group else [],
        stamp_group=own_group,
        ungrouped=sum(row.records for row in meant if row.group_id is None),
        revisions=before,
        left_out_by=left_out_by,
        given_back=given_back,
    )


def count_left_out(side: Connection, wanted: Selector) -> int:
    """Count the rows of collections without a memory type, unless other rows are asked for."""
    if wanted.types or wanted.crew_id is not None:
        return 0
    return sum(count_untyped(side.backend).values())


def _counts(rows: list[OwnerCount]) -> dict[MemoryType, int]:
    counts: dict[MemoryType, int] = {}
    for row in rows:
        counts[row.type] = counts.get(row.type, 0) + row.records
    return {each: counts[each] for each in MemoryType if each in counts}


def check_sides(
    source: Connection, target: Connection, reading: Reading, as_type: MemoryType | None = None
) -> None:
    """Refuse what can't work before anything is opened for writing.

    Args:
        source: the store that is read.
        target: the store that is written.
        reading: the rows that are meant.
        as_type: what records of a type that the target can't hold become there.

    Raises:
        UsageError: when both sides are the same store.
        Unsupported: as `refuse_types` does.
        ConfigurationError: when the target's profile switches off a type that would be written.
    """
    if source.backend.identity == target.backend.identity:
        raise UsageError(
            f"source and target are the same store, `{source.backend.location}`",
            hint="name another target",
        )
    refuse_types(reading, target.backend, as_type)
    profile = target.selection.profile
    for each in reading.counts:
        memory_type = written_as(each, target.backend, as_type)
        if profile is not None and not profile.keeps(memory_type):
            raise ConfigurationError(
                f"profile `{profile.name}` of group `{profile.group_id or DEFAULT_GROUP}` "
                f"switches `{memory_type}` off",
                hint=f"leave the type out with `--type`, or switch it on: "
                f"`memctl config update {profile.name} -g {profile.group_id} "
                f"--enable {memory_type}`",
            )


def check_dimensions(
    source: Connection,
    target: Connection,
    reading: Reading,
    written: Mapping[MemoryType, MemoryType],
    made: Mapping[MemoryType, int],
    *,
    is_all: bool = False,
) -> None:
    """Refuse vectors of several dimensions in one memory type of the target.

    Args:
        source: the store that is read.
        target: the store that is written.
        reading: the rows that are meant.
        written: the type in the target of each type that is meant.
        made: the dimension of vectors that are made anew, by the types that get some.
        is_all: whether none of the source's own is kept.

    Raises:
        WrongDimension: naming each and where it is.
    """
    for memory_type in reading.counts:
        # Vectors that are made must fit all that are kept: one model searches every type.
        types = [
            each
            for each in reading.counts
            if memory_type in made or written[each] is written[memory_type]
        ]
        found = {
            each.dimension: each.name
            for each in source.backend.describe().collections
            if each.type in types and each.dimension is not None and not is_all
            if each.name in reading.collections
        }
        if memory_type in made:
            found.setdefault(made[memory_type], "the embedder")
        _check_dimension(target, written[memory_type], found)


def _check_dimension(target: Connection, memory_type: MemoryType, found: dict[int, str]) -> None:
    backend = target.backend
    if backend.exists():
        held = backend.describe().dimension(memory_type)
    else:
        held = backend.settings.get("dimension")  # what it will be made for
    if held is not None:
        found.setdefault(held, backend.location)
    if len(found) > 1:
        listed = ", ".join(f"{dimension} in `{name}`" for dimension, name in found.items())
        raise WrongDimension(
            f"`{memory_type}` has vectors of several dimensions: {listed}",
            hint="a target holds one dimension per type: copy one crew at a time with `--crew`, "
            "each to a target of its own, or make every vector anew with "
            "`memctl migrate --reembed-all`",
        )


def refuse_nested(source: Connection, target: Connection) -> None:
    """Refuse a target within the source's directory: reading a store is not to change it.

    Raises:
        UsageError: naming both.
    """
    place, other = source.backend.identity, target.backend.identity
    if place == other or not Path(place).is_absolute():
        return
    if Path(other).is_relative_to(place):
        raise UsageError(
            f"the target `{target.backend.location}` lies within the source "
            f"`{source.backend.location}`, which would change",
            hint="choose a target elsewhere",
        )


def separate_parts(source: Connection, target: Connection) -> None:
    """Let the source be read without the part of a store that is written to."""
    keep_written_part(target)
    parts = source.backend.facet(Composed)
    if parts is not None:
        parts.apart_from(target.backend.identity)


def keep_written_part(target: Connection) -> None:
    """Let nothing but the part of a store that can be written to be the target."""
    parts = target.backend.facet(Composed)
    if parts is not None:
        parts.as_target()
