"""The order of a migration: open both sides, check, create, copy, compare, switch."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from ...backends.base import READ_ONLY, Access
from ...model.canonical import canonical_json
from ...model.errors import UsageError
from ...model.progress import Progress, Silent
from ...model.requests.on_conflict import OnConflict
from ..connect import connect, open_selection
from ..embedding import embedder_settings, open_embedding
from ..operations.operation import run_operation
from ..query.rows import EVERY_ROW, USUAL_TERMS, Rows, Terms
from ..selection import select
from ..transfer.file_copy import copy_files, plan_files
from ..transfer.plan import plan_reading, refuse_nested, separate_parts
from ..transfer.reembed import Reembedding
from ..transfer.retyping import give_back
from ..transfer.steps import KeepSettings, KeptPlace, SwitchDefault
from ..transfer.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...model.results import Comparison, Loss, MigrateResult, Reembedded
    from ..connect import Connection
    from ..operations.operation import RunningOperation
    from ..selection import StoreRequest

    Agree = Callable[[Reembedded], None]


@dataclass(frozen=True, slots=True)
class MigrateOrder:
    """What is to be copied, from where to where.

    Attributes:
        source: the store that is read.
        target: the store that is written.
        rows: the records that are asked for.
        terms: on what terms they are copied.
        upgrade: allow a target of an older schema level to be rewritten.
        set_default: make the target's profile the group's default once the comparison holds.
        is_backed_up: with ``set_default``, make a backup of what is copied first.
        dry_run: do every read and check, write nothing.
        reembed: make vectors of the texts of rows that have none.
        reembed_all: make every row's vector anew.
        embedder: the model that makes them; `None` means the target profile's.
        embedder_url: where that model is, where it is on a server.
    """

    source: StoreRequest
    target: StoreRequest
    rows: Rows = EVERY_ROW
    terms: Terms = USUAL_TERMS
    upgrade: bool = False
    set_default: bool = False
    is_backed_up: bool = True
    dry_run: bool = False
    reembed: bool = False
    reembed_all: bool = False
    embedder: str | None = None
    embedder_url: str | None = None

    @property
    def is_embedding(self) -> bool:
        """Whether vectors are made on the way."""
        return self.reembed or self.reembed_all

    def settings_of_target(self) -> dict[str, object]:
        """Return the settings of the target's backend that were given, the embedder's among them.

        Raises:
            UsageError: when they exclude each other.
        """
        if self.reembed and self.reembed_all:
            raise UsageError(
                "`--reembed` and `--reembed-all` exclude each other", hint="give one of them"
            )
        given = dict(self.target.settings)
        if self.is_embedding:
            given |= embedder_settings(self.embedder, self.embedder_url)
        return given

    def wanted_target(self) -> StoreRequest:
        """Return the request for the target; the journal tells no secret of either side.

        Raises:
            UsageError: as `settings_of_target` does.
        """
        redactor = self.source.connecting.redactor
        connecting = replace(self.target.connecting, redactor=redactor)
        return replace(self.target, settings=self.settings_of_target(), connecting=connecting)


def migrate_memory(
    order: MigrateOrder, progress: Progress | None = None, agree: Agree | None = None
) -> MigrateResult:
    """Copy records and compare both sides afterwards; running it again resumes and adds nothing.

    Args:
        order: what is to be copied.
        progress: is told how far the work is.
        agree: is told what would be embedded before anything is, and raises to decline.

    Raises:
        LossRefused: before anything is written, when the target can't hold all of the source.
        Conflict: when the target holds other content under the same id and owner.
        MemctlError: when a side can't be chosen, opened, read or written.
    """
    with ExitStack() as stack:
        source = stack.enter_context(connect(order.source))
        chosen = select(order.wanted_target())
        if order.set_default and chosen.profile is None:
            raise UsageError("`--set-default` needs a profile as the target, not a location")
        access = Access(writable=True, upgrade=order.upgrade)
        target = stack.enter_context(open_selection(chosen, READ_ONLY if order.dry_run else access))
        reembedding = None
        if order.is_embedding:
            embedding = stack.enter_context(open_embedding(target))
            reembedding = Reembedding(embedding, is_all=order.reembed_all)
        return Migration(order, source, target, progress or Silent(), reembedding).run(agree)


class Migration:
    """One run, with both sides open."""

    def __init__(
        self,
        order: MigrateOrder,
        source: Connection,
        target: Connection,
        progress: Progress,
        reembedding: Reembedding | None,
    ) -> None:
        self.order = order
        self.target = target
        refuse_nested(source, target)
        separate_parts(source, target)
        self.as_kept = source
        types = target.backend.info.types - source.backend.info.types
        self.source = source = give_back(source, types)
        wanted = source.selector(order.rows)
        self.reading = plan_reading(source, target, wanted, order.source.group_id, types)
        self.transfer = Transfer(
            source,
            target,
            self.reading,
            order.terms,
            progress=progress,
            reembedding=reembedding,
            by_rows=False,
            gives_back_ids=source.backend.holds.renames,
            goes_on=True,
        )

    def run(self, agree: Agree | None = None) -> MigrateResult:
        """Check everything, then copy and prove."""
        losses = self.transfer.check()
        if self.order.dry_run:
            return self.transfer.result(self.transfer.rehearse(), losses)
        if self.reading.leaves_all_out:
            return replace(self.transfer.result([], losses), dry_run=False)
        if self.transfer.reembedding is not None:
            self._agree_to(self.transfer.reembedding, agree)
        return self._copy_and_compare(losses)

    def _agree_to(self, reembedding: Reembedding, agree: Agree | None) -> None:
        """Let the user see what would be embedded, before a model is given any of it."""
        self.transfer.rehearse()
        planned = reembedding.result()
        if agree is not None and planned.records:
            agree(planned)
        self.transfer = replace(self.transfer, reembedding=reembedding.anew())

    def _copy_and_compare(self, losses: list[Loss]) -> MigrateResult:
        from ...store.checkpoints import Checkpoints
        from ...store.database import open_state

        transfer = self.transfer
        subject = f"{self.source.backend.location} -> {self.target.backend.location}"
        with (
            open_state() as state,
            run_operation(
                "migrate", self.reading.stamp_group, subject, redactor=self.target.redactor
            ) as operation,
        ):
            backup = self._back_up(operation)
            kept = KeptPlace(Checkpoints(state), self._key())
            if not self.target.backend.exists():
                kept.forget()  # a target that is new has no place to go on from
            is_resumed = any(kept.is_begun(each) for each in self.reading.counts)
            files = None if is_resumed else plan_files(transfer, losses)
            if files is not None:
                copies = copy_files(transfer, operation, files)
            else:
                transfer.prepare(operation)
                copies = transfer.copy(operation, kept)
            if transfer.reembedding is not None:
                self._keep_embedder(operation, transfer.reembedding)
            comparison = transfer.prove(operation)
            kept.forget()
            switched = self._switch(operation, comparison)
            result = transfer.result(
                copies,
                losses,
                operation_id=operation.id,
                comparison=comparison,
                is_resumed=is_resumed,
            )
            return replace(operation.answer(result), default_profile=switched, backup=backup)

    def _back_up(self, operation: RunningOperation) -> str | None:
        """Keep what the source holds before another store takes its place; give the backup's id."""
        from ..backup.run import BackUp, open_backup

        if not (self.order.set_default and self.order.is_backed_up and self.reading.counts):
            return None
        source, group_id = self.as_kept, self.order.source.group_id
        reading = self.reading
        if reading.given_back:  # a backup keeps records as the store does
            reading = plan_reading(source, source, source.selector(self.order.rows), group_id)
        reading = replace(reading, stamp_group=None, other_groups=[])
        with open_backup(operation.id) as archive:
            terms = Terms(batch_size=self.order.terms.batch_size)
            progress = self.transfer.progress
            transfer = Transfer(source, archive, reading, terms, progress=progress)
            operation.take(BackUp(operation, transfer))
        return operation.id

    def _keep_embedder(self, operation: RunningOperation, reembedding: Reembedding) -> None:
        profile, made = self.target.selection.profile, reembedding.result()
        if profile is not None and made.records:
            url = self.target.selection.settings.get("embedder_url")
            values = {"embedder": made.embedder, "embedder_url": url, "dimension": made.dimension}
            operation.take(KeepSettings(profile, values))

    def _switch(self, operation: RunningOperation, comparison: Comparison) -> str | None:
        profile = self.target.selection.profile
        if profile is None or not (self.order.set_default and comparison.holds):
            return None
        operation.take(SwitchDefault(profile))
        return profile.name

    def _key(self) -> str:
        """Name this copy: a checkpoint of another source, target or selector never fits."""
        selector, reembedding = self.reading.selector, self.transfer.reembedding
        terms = self.order.terms
        parts = [
            self.source.backend.identity,
            self.target.backend.identity,
            dict(self.source.selection.settings),
            self.order.settings_of_target(),
            [selector.group_id, selector.crew_id, selector.include_unscoped],
            self.reading.stamp_group,
            terms.skip_without_vectors,
            terms.on_conflict is OnConflict.SKIP,  # what was skipped is not done for others
            [self.order.reembed, self.order.reembed_all, terms.is_normalizing],
            None if reembedding is None else reembedding.embedding.name,
        ]
        if terms.as_type is not None:  # a copy that an earlier memctl began knows none
            parts.append(terms.as_type)
        return sha256(canonical_json(parts).encode("utf-8", "surrogatepass")).hexdigest()
