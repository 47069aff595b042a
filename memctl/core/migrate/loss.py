"""Counts, before anything is written, what the target could not hold; allows nothing by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.capability import Capability
from ...model.errors import LossRefused
from ...model.results import Loss

if TYPE_CHECKING:
    from ...backends.base import MemoryBackend
    from .sides import Reading

WITHOUT_VECTORS = "--skip-without-vectors"


def count_losses(source: MemoryBackend, target: MemoryBackend, reading: Reading) -> list[Loss]:
    """Read the source once and count the records that the target can't hold."""
    if Capability.ROWS_WITHOUT_VECTORS in target.capabilities:
        return []
    losses = []
    for memory_type in reading.counts:
        without = sum(
            record.embedding is None
            for batch in source.scan(memory_type, reading.selector)
            for record in batch.records
        )
        if without:
            losses.append(Loss(memory_type, "rows without vectors", without, WITHOUT_VECTORS))
    return losses


def refuse_losses(losses: list[Loss], allowed: frozenset[str], target: MemoryBackend) -> None:
    """Raise unless every loss was allowed by its flag.

    Raises:
        LossRefused: naming each loss and the flags that allow them.
    """
    refused = [loss for loss in losses if loss.allowed_by not in allowed]
    if refused:
        listed = ", ".join(f"{loss.records} {loss.type} {loss.what}" for loss in refused)
        flags = " ".join(sorted({loss.allowed_by for loss in refused}))
        raise LossRefused(
            f"`{target.location}` can't hold all of the source: {listed}",
            hint=f"nothing was written; add `{flags}` to leave them behind",
        )
