"""Takes records from one open store to another: checks, copies, compares; opens neither."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...backends.base import SetupRequest
from ...backends.facets import Scoped, Settling
from ...model.backend.capability import Capability
from ...model.errors import AnswerIsNo, Interrupted, MemctlError, WriteFailed
from ...model.memory_type import MemoryType
from ...model.progress import Progress, Silent
from ...model.results import MetricChange, MigrateResult
from ..embedding import check_embedder, known_embedder
from ..operations.outcome import broken_off
from ..query.collections import types_with_rows
from ..query.rows import USUAL_TERMS, Terms
from .changes import changed_types
from .copying import Copying
from .identity import Identity
from .lookup import InStore
from .loss import WITHOUT_VECTORS, refuse_losses, survey
from .plan import check_dimensions, check_sides
from .refusals import raise_all
from .retyping import written_as
from .steps import CompareSides, CopyType, FromTheBeginning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...model.results import Comparison, Loss, TypeCopy
    from ..connect import Connection
    from ..operations.operation import RunningOperation
    from .reading import Reading
    from .reembed import Reembedding
    from .steps import Place


@dataclass(frozen=True, slots=True)
class Transfer:
    """Which rows go from where to where, and on what terms.

    Attributes:
        source: the store that is read.
        target: the store that is written.
        reading: the rows that are meant.
        terms: on what terms they are copied.
        progress: is told of every batch.
        reembedding: which records get a vector anew.
        is_same_store: the target is a copy of the source as a whole, collection by collection.
        by_rows: records are those of the same row, as in a backup; else those of the same id
            before a store renamed them.
        gives_back_ids: records of the source were renamed by the store that they come from, and
            get the ids that they had before.
        goes_on: what is written stays where the copy breaks off, and another run goes on with it.
    """

    source: Connection
    target: Connection
    reading: Reading
    terms: Terms = USUAL_TERMS
    progress: Progress = field(default_factory=Silent)
    reembedding: Reembedding | None = None
    is_same_store: bool = False
    by_rows: bool = True
    gives_back_ids: bool = False
    goes_on: bool = False

    @property
    def written_as(self) -> dict[MemoryType, MemoryType]:
        """The type in the target of each type that is meant."""
        target, as_type = self.target.backend, self.terms.as_type
        return {each: written_as(each, target, as_type) for each in self.reading.counts}

    def check(self) -> list[Loss]:
        """Refuse what can't work, and count what the target could not hold; writes nothing.

        Raises:
            LossRefused: when that was not allowed.
            MemctlError: when the sides don't fit together.
        """
        check_sides(self.source, self.target, self.reading, self.terms.as_type)
        reembedding, target = self.reembedding, self.target.backend
        if reembedding is None:
            check_dimensions(self.source, self.target, self.reading, self.written_as, {})
        found = survey(self.source.backend, target, self.reading, self.written_as, reembedding)
        allowed = frozenset({WITHOUT_VECTORS} if self.terms.skip_without_vectors else ())
        refuse_losses(found, allowed, target)
        if reembedding is not None:
            self._check_vectors(reembedding, found.due)
        return found.losses

    def _check_vectors(self, reembedding: Reembedding, due: Mapping[MemoryType, int]) -> None:
        """Refuse a model whose vectors don't fit those that are there or come along."""
        target, name = self.target.backend, reembedding.embedding.name
        if due and target.exists():
            check_embedder(target, target.describe().types, name)
        check_dimensions(
            self.source,
            self.target,
            self.reading,
            self.written_as,
            dict.fromkeys(due, reembedding.embedding.dimension) if due else {},
            is_all=reembedding.is_all,
        )

    def rehearse(self) -> list[TypeCopy]:
        """Do every read of the copy, and write nothing.

        Raises:
            Conflict: where the copy would.
            Unsupported: where the target takes no records.
        """
        place = FromTheBeginning()
        copies = []
        for each in self.copyings(is_rehearsed=True):
            step = CopyType(each, place)
            step.do()
            copies.append(step.copied)
        if any(each.written for each in copies) and self.target.backend.exists():
            self.target.backend.require(Capability.UPSERT, as_writer=True)
        return copies

    def prepare(self, operation: RunningOperation) -> None:
        """Create what is missing in the target."""
        source, target = self.source.backend, self.target.backend
        metrics = {source.describe().metric(each) for each in self.reading.counts}
        request = SetupRequest(
            types=tuple(each for each in MemoryType if each in self.written_as.values()),
            metric=metrics.pop() if len(metrics) == 1 else None,
            source=self.source.selection.whole_location or source.location,
            embedder=self._embedder(),
        )
        if Capability.SETUP in target.capabilities:
            for step in target.plan_setup(request):
                operation.take(step)

    def _embedder(self) -> str | None:
        """Name the model of the vectors that are copied, where that is known."""
        if self.reembedding is not None:
            return self.reembedding.embedding.name
        found = self.source.backend.describe().collections
        return known_embedder(each for each in found if each.name in self.reading.collections)

    def copy(self, operation: RunningOperation, place: Place) -> list[TypeCopy]:
        """Copy every type, each from its place on.

        Raises:
            WriteFailed: when all others are written, and the target has refused some records.
        """
        self.progress.start("copying", sum(self.reading.counts.values()))
        steps = [CopyType(each, place) for each in self.copyings()]
        refused: list[WriteFailed] = []
        for step in steps:
            try:
                operation.take(step)
            except WriteFailed as exc:
                refused.append(exc)
            except KeyboardInterrupt as exc:
                error = Interrupted("interrupted")
                self._say_written(error, sum(each.written for each in steps))
                raise error from exc
            except MemctlError as exc:
                self._say_written(exc, sum(each.written for each in steps))
                raise
        raise_all(refused)
        settling = self.target.backend.facet(Settling)
        if settling is not None:
            settling.settle()
        return [step.copied for step in steps]

    def _say_written(self, cause: MemctlError, written: int) -> None:
        """Add to what broke a copy off how much of it is done.

        Raises:
            Partial: for that is partial work, unless the answer is no.
        """
        if self.goes_on and written:
            total, place = sum(self.reading.counts.values()), self.target.backend.location
            told = f"at least {written} of {total} records were written to `{place}`"
            error = broken_off(cause, told, is_begun=not isinstance(cause, AnswerIsNo))
            if error is not cause:
                raise error from cause

    def prove(self, operation: RunningOperation) -> Comparison:
        """Read both sides again, and see whether the source stayed as it was.

        That completes a target that is written once, if both are the same; until then running the
        same copy again mends it.
        """
        compare = CompareSides(self.copyings(), self.progress)
        operation.take(compare)
        found = compare.comparison
        changed = changed_types(self.source, self.reading, is_same=found.is_same)
        comparison = replace(found, changed=sorted({*found.changed, *changed}))
        if comparison.holds and Capability.UPSERT in self.target.backend.capabilities:
            self.target.backend.finish()
        return comparison

    def copyings(self, *, is_rehearsed: bool = False) -> list[Copying]:
        """Return how each type is copied; in a rehearsal nothing is written."""
        several = self._types_of_several_collections()
        target = self.target.backend
        scoped = target.facet(Scoped)
        written, held = self.written_as, self._held_types()
        shared = Counter(written.values())
        to_look_up = {each for each in written if written[each] in held}
        # A rehearsal can't look into a store that is not there. A copy must: some stores come to be
        # with their first record, and rows of several collections may have one id.
        if not is_rehearsed or self.target.backend.exists():
            to_look_up |= several | {each for each in written if shared[written[each]] > 1}
        return [
            Copying(
                memory_type=memory_type,
                written_as=written[memory_type],
                selector=self.reading.selector,
                source=self.source.backend,
                records=records,
                target=target,
                is_rehearsed=is_rehearsed,
                identity=Identity(
                    InStore(target, by_rows=self.by_rows) if memory_type in to_look_up else None,
                    stamp_group=self.reading.stamp_group,
                    mark_origin=memory_type in several,
                    arrange=scoped.arrange if scoped else None,
                    is_normalizing=self.terms.is_normalizing,
                    reembedding=self.reembedding,
                    written_as=None
                    if written[memory_type] is memory_type
                    else written[memory_type],
                    ids=target.holds.ids,
                    gives_back_ids=self.gives_back_ids,
                    by_rows=self.by_rows,
                ),
                by_rows=self.by_rows,
                terms=self.terms,
                progress=self.progress,
                reembedding=self.reembedding,
            )
            for memory_type, records in self.reading.counts.items()
        ]

    def result(
        self,
        copies: list[TypeCopy],
        losses: list[Loss],
        *,
        operation_id: str | None = None,
        comparison: Comparison | None = None,
        is_resumed: bool = False,
    ) -> MigrateResult:
        """Return what was done; without an operation it was a dry run."""
        counts = self.reading.counts
        given_back = {each: counts[each] for each in counts if each in self.reading.given_back}
        return MigrateResult(
            source=self.source.used,
            target=self.target.used,
            dry_run=operation_id is None,
            operation_id=operation_id,
            group_id=self.reading.stamp_group,
            types=copies,
            losses=losses,
            left_out=self.reading.left_out,
            other_groups=self.reading.other_groups,
            resumed=is_resumed,
            comparison=comparison,
            reembedded=None if self.reembedding is None else self.reembedding.result(),
            normalized=self.terms.is_normalizing,
            metrics=self._metric_changes(),
            left_out_by=self.reading.left_out_by,
            written_as={a: b for a, b in self.written_as.items() if a is not b},
            given_back=given_back,
        )

    def _metric_changes(self) -> list[MetricChange]:
        """List the types whose vectors the target ranks in another way."""
        if not self.target.backend.exists():
            return []
        source, target = self.source.backend.describe(), self.target.backend.describe()
        metrics = {
            a: (source.metric(a), target.metric(b))
            for a, b in self.written_as.items()
            if target.of_type(b)  # what is yet to be made has no metric
        }
        return [MetricChange(each, *pair) for each, pair in metrics.items() if pair[0] != pair[1]]

    def _held_types(self) -> set[MemoryType]:
        """List the types of which the target holds records; of others nothing need be looked up."""
        target, written = self.target.backend, {*self.written_as.values()}
        return types_with_rows(target, written) if target.exists() else set()

    def _types_of_several_collections(self) -> set[MemoryType]:
        if self.is_same_store:
            return set()  # no two of them become one
        source = self.source.backend
        found = {each: source.describe().of_type(each) for each in self.reading.counts}
        return {
            each
            for each, collections in found.items()
            if len(collections) > 1 and sum(map(bool, map(source.rows_in, collections))) > 1
        }
