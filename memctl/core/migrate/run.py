"""The order of a migration: open both sides, count losses, create, copy, compare, switch."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from ...backends.base import DEFAULT_BATCH_SIZE, READ_ONLY, Access, SetupRequest
from ...model.canonical import canonical_json
from ...model.capability import Capability
from ...model.errors import UsageError
from ...model.on_conflict import OnConflict
from ...model.progress import Progress, Silent
from ...model.results import Comparison, MigrateResult, TypeCopy
from ..connect import open_selection
from ..operation import run_operation
from ..selection import StoreRequest, select_named
from .copying import Copying
from .identity import Identity
from .loss import WITHOUT_VECTORS, count_losses, refuse_losses
from .sides import check_sides, plan_reading
from .steps import CompareSides, CopyType, KeptPlace, SwitchDefault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...backends.base import MemoryBackend
    from ...model.memory_type import MemoryType
    from ...model.results import Loss
    from ..connect import Connection
    from ..operation import RunningOperation
    from .sides import Reading


@dataclass(frozen=True, slots=True)
class MigrateOrder:
    """What is to be copied, from where to where.

    Attributes:
        source: a profile or a location.
        target: a profile or a location.
        group_id: the group that was given, `None` where none was.
        crew_id: only records of this crew.
        types: only these memory types; empty means all.
        include_unscoped: also rows without a group, where groups are known.
        source_settings: settings of the source's backend that were given.
        on_conflict: what to do about other content under the same id and owner.
        skip_without_vectors: leave rows without vectors behind where the target needs them.
        batch_size: records per batch.
        upgrade: allow a target of an older schema level to be rewritten.
        set_default: make the target's profile the group's default once the comparison holds.
        dry_run: do every read and check, write nothing.
    """

    source: str
    target: str
    group_id: str | None = None
    crew_id: str | None = None
    types: frozenset[MemoryType] = frozenset()
    include_unscoped: bool = False
    source_settings: Mapping[str, object] | None = None
    on_conflict: OnConflict = OnConflict.STOP
    skip_without_vectors: bool = False
    batch_size: int = DEFAULT_BATCH_SIZE
    upgrade: bool = False
    set_default: bool = False
    dry_run: bool = False


def migrate_memory(order: MigrateOrder, progress: Progress | None = None) -> MigrateResult:
    """Copy records and compare both sides afterwards; running it again resumes and adds nothing.

    Raises:
        LossRefused: before anything is written, when the target can't hold all of the source.
        Conflict: when the target holds other content under the same id and owner.
        MemctlError: when a side can't be chosen, opened, read or written.
    """
    with ExitStack() as stack:
        request = StoreRequest(order.group_id, settings=order.source_settings or {})
        source = stack.enter_context(open_selection(select_named(order.source, request)))
        chosen = select_named(order.target, replace(request, settings={}))
        if order.set_default and chosen.profile is None:
            raise UsageError("`--set-default` needs a profile as the target, not a location")
        access = Access(writable=True, upgrade=order.upgrade)
        target = stack.enter_context(open_selection(chosen, READ_ONLY if order.dry_run else access))
        return Migration(order, source, target, progress or Silent()).run()


class Migration:
    """One run, with both sides open."""

    def __init__(
        self, order: MigrateOrder, source: Connection, target: Connection, progress: Progress
    ) -> None:
        self.order = order
        self.source = source
        self.target = target
        self.progress = progress
        self.reading = self._plan()

    def run(self) -> MigrateResult:
        """Check everything, then copy and prove."""
        check_sides(self.source, self.target, self.reading)
        losses = count_losses(self.source.backend, self.target.backend, self.reading)
        allowed = frozenset({WITHOUT_VECTORS} if self.order.skip_without_vectors else ())
        refuse_losses(losses, allowed, self.target.backend)
        if self.order.dry_run:
            copyings = self._copyings(None, self._held_types())
            copies = [each.run(None, _no_checkpoint) for each in copyings]
            return self._result(copies, losses, None, None, is_resumed=False)
        return self._copy_and_compare(losses)

    def _plan(self) -> Reading:
        order = self.order
        wanted = self.source.selector(
            crew_id=order.crew_id, types=order.types, include_unscoped=order.include_unscoped
        )
        return plan_reading(self.source, self.target, wanted, order.group_id)

    def _copy_and_compare(self, losses: list[Loss]) -> MigrateResult:
        from ...store.checkpoints import Checkpoints
        from ...store.database import open_state

        subject = f"{self.source.backend.location} -> {self.target.backend.location}"
        with (
            open_state() as state,
            run_operation("migrate", self.reading.stamp_group, subject) as operation,
        ):
            kept = KeptPlace(Checkpoints(state), self._key())
            self._prepare(operation, kept)
            is_resumed = any(kept.cursor(each) for each in self.reading.counts)
            copies = self._copy(operation, kept)
            compare = CompareSides(
                self._copyings(self.target.backend, self._held_types()), self.progress
            )
            operation.take(compare)
            kept.forget()
            switched = self._switch(operation, compare.comparison)
            result = self._result(
                copies, losses, operation.id, compare.comparison, is_resumed=is_resumed
            )
            for error in result.errors:
                operation.fail(error)
            return replace(result, default_profile=switched)

    def _prepare(self, operation: RunningOperation, kept: KeptPlace) -> None:
        """Create what is missing in the target; a target that is new has no place to go on from."""
        source, target = self.source.backend, self.target.backend
        if not target.exists():
            kept.forget()
        metrics = {source.metric(each) for each in self.reading.counts}
        request = SetupRequest(
            types=tuple(self.reading.counts),
            metric=metrics.pop() if len(metrics) == 1 else None,
            source=source.location,
        )
        if Capability.SETUP in target.capabilities:
            for step in target.plan_setup(request):
                operation.take(step)

    def _copy(self, operation: RunningOperation, kept: KeptPlace) -> list[TypeCopy]:
        self.progress.start("copying", sum(self.reading.counts.values()))
        steps = [
            CopyType(each, kept) for each in self._copyings(self.target.backend, self._held_types())
        ]
        for step in steps:
            operation.take(step)
        if Capability.UPSERT in self.target.backend.capabilities:
            self.target.backend.finish()
        return [step.copied for step in steps]

    def _switch(self, operation: RunningOperation, comparison: Comparison) -> str | None:
        profile = self.target.selection.profile
        if profile is None or not (self.order.set_default and comparison.holds):
            return None
        operation.take(SwitchDefault(profile))
        return profile.name

    def _held_types(self) -> set[MemoryType]:
        """List the types of which the target holds records; of others nothing need be looked up."""
        target = self.target.backend
        if not target.exists():
            return set()
        return {each.type for each in target.collections() if each.type and each.records}

    def _copyings(self, target: MemoryBackend | None, held: set[MemoryType]) -> list[Copying]:
        order, source = self.order, self.source.backend
        collections = Counter(each.type for each in source.collections() if each.records)
        several = {each for each in self.reading.counts if collections[each] > 1}
        to_look_up = held | several if self.target.backend.exists() else set()
        return [
            Copying(
                memory_type=memory_type,
                selector=self.reading.selector,
                source=source,
                target=target,
                identity=Identity(
                    self.target.backend if memory_type in to_look_up else None,
                    stamp_group=self.reading.stamp_group,
                    mark_origin=memory_type in several,
                ),
                batch_size=order.batch_size,
                on_conflict=order.on_conflict,
                skip_without_vectors=order.skip_without_vectors,
                progress=self.progress,
            )
            for memory_type in self.reading.counts
        ]

    def _key(self) -> str:
        """Name this copy: a checkpoint of another source, target or selector never fits."""
        selector = self.reading.selector
        parts = [
            self.source.backend.lock_name or self.source.backend.location,
            self.target.backend.lock_name or self.target.backend.location,
            dict(self.order.source_settings or {}),
            [selector.group_id, selector.crew_id, selector.include_unscoped],
            self.reading.stamp_group,
            self.order.skip_without_vectors,
        ]
        return sha256(canonical_json(parts).encode("utf-8", "surrogatepass")).hexdigest()

    def _result(
        self,
        copies: list[TypeCopy],
        losses: list[Loss],
        operation_id: str | None,
        comparison: Comparison | None,
        *,
        is_resumed: bool,
    ) -> MigrateResult:
        return MigrateResult(
            source=self.source.used,
            target=self.target.used,
            dry_run=self.order.dry_run,
            operation_id=operation_id,
            group_id=self.reading.stamp_group,
            types=copies,
            losses=losses,
            left_out=self.reading.left_out,
            other_groups=self.reading.other_groups,
            resumed=is_resumed,
            comparison=comparison,
        )


def _no_checkpoint(cursor: str, copied: int) -> None:
    """Keep no place: nothing was written."""
