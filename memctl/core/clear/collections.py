"""Clears whole collections, after a backup of the files that hold them; plans nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..backup.files import BackUpFiles
from ..backup.listing import FileListing
from .clearing import Clearing
from .plan import leftovers

if TYPE_CHECKING:
    from contextlib import ExitStack

    from ...backends.base import MemoryBackend
    from ...backends.collection_clearing import WholeClearing
    from ...model.memory_type import MemoryType
    from ...model.selector import Selector
    from ...model.step import Step
    from ..connect import Connection
    from ..operations.operation import RunningOperation
    from .plan import ClearPlan


class WholeType:
    """The rows of one memory type that go with their collections.

    Args:
        memory_type: the type.
        selector: the rows that are meant, of this type.
        records: how many there were.
    """

    returned = 0

    def __init__(self, memory_type: MemoryType, selector: Selector, records: int) -> None:
        self.memory_type = memory_type
        self.deleted = 0
        self.left: int | None = None
        self._selector = selector
        self._records = records

    def count(self, backend: MemoryBackend) -> None:
        """Count what is left; nobody else can have written."""
        self.left = backend.count(self._selector)
        self.deleted = max(0, self._records - self.left)


class ClearCollections(Clearing):
    """Clear whole collections, and what an earlier clearing of the store has left behind.

    Args:
        plan: what is to be deleted.
        connection: the store, open for writing.
        opened: closes it.
        whole: how its collections are cleared.
    """

    def __init__(
        self, plan: ClearPlan, connection: Connection, opened: ExitStack, whole: WholeClearing
    ) -> None:
        super().__init__(plan, connection, opened)
        self._whole = whole
        self._steps = leftovers(connection.backend, plan.selector.group_id)
        self._steps += whole.steps() if plan.total else []

    def back_up(self, operation: RunningOperation) -> None:
        """Keep the files that are changed."""
        plan, whole, backend = self.plan, self._whole, self.plan.selection.backend
        listing = FileListing(
            backend=backend,
            source=f"{backend}:{whole.root}",
            name=whole.root.name,
            crew_id=plan.order.rows.crew_id,
            counts=plan.counts,
            undo=whole.undo,
        )
        operation.take(BackUpFiles(operation.id, whole, listing))

    def begin(self) -> tuple[list[WholeType], list[Step]]:
        """Return the types, and the steps that clear them."""
        parts = [
            WholeType(each, replace(self.plan.selector, types=frozenset({each})), records)
            for each, records in self.plan.counts.items()
        ]
        return parts, self._steps
