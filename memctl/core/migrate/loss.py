"""Counts, before anything is written, what the target could not hold; allows nothing by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ...model.capability import Capability
from ...model.errors import LossRefused
from ...model.results import Loss

if TYPE_CHECKING:
    from ...backends.base import MemoryBackend
    from ...model.memory_type import MemoryType
    from .reembed import Reembedding
    from .sides import Reading

WITHOUT_VECTORS: Final = "--skip-without-vectors"
_NO_VECTOR: Final = "rows without vectors"
_NO_TEXT: Final = "rows without text to embed"
_EMBED_INSTEAD: Final = ", or make vectors from their text with `memctl migrate --reembed`"


@dataclass(frozen=True, slots=True)
class Survey:
    """What one reading of the source found.

    Attributes:
        losses: what the target can't hold.
        due: how many records of each type get a vector anew.
    """

    losses: list[Loss]
    due: dict[MemoryType, int]


def survey(
    source: MemoryBackend,
    target: MemoryBackend,
    reading: Reading,
    reembedding: Reembedding | None = None,
) -> Survey:
    """Read the source once; not at all where the target holds anything and nothing is embedded."""
    needs_vectors = Capability.ROWS_WITHOUT_VECTORS not in target.capabilities
    found = Survey([], {})
    if not needs_vectors and reembedding is None:
        return found
    for memory_type in reading.counts:
        lost = due = 0
        for batch in source.scan(memory_type, reading.selector):
            for record in batch.records:
                if reembedding is None:
                    lost += record.embedding is None
                else:
                    lost += reembedding.loses(record, needs_vectors=needs_vectors)
                    due += reembedding.is_due(reembedding.stripped(record))
        if lost:
            what = _NO_VECTOR if reembedding is None else _NO_TEXT
            found.losses.append(Loss(memory_type, what, lost, WITHOUT_VECTORS))
        if due:
            found.due[memory_type] = due
    return found


def refuse_losses(losses: list[Loss], allowed: frozenset[str], target: MemoryBackend) -> None:
    """Raise unless every loss was allowed by its flag.

    Raises:
        LossRefused: naming each loss and the flags that allow them.
    """
    refused = [loss for loss in losses if loss.allowed_by not in allowed]
    if refused:
        is_mendable = any(loss.what == _NO_VECTOR for loss in refused)
        listed = ", ".join(f"{loss.records} {loss.type} {loss.what}" for loss in refused)
        flags = " ".join(sorted({loss.allowed_by for loss in refused}))
        raise LossRefused(
            f"`{target.location}` can't hold all of the source: {listed}",
            hint=f"nothing was written; add `{flags}` to leave them behind"
            + (_EMBED_INSTEAD if is_mendable else ""),
        )
