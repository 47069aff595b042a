"""Counts, before anything is written, what the target could not hold; allows nothing by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ...backends.facets import Columned
from ...model.backend.capability import Capability
from ...model.errors import LossRefused
from ...model.results import Loss

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...backends.base import MemoryBackend
    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from .reading import Reading
    from .reembed import Reembedding

WITHOUT_VECTORS: Final = "--skip-without-vectors"
_MOST_FIELDS: Final = 8
_NO_VECTOR: Final = "rows without vectors"
_NO_TEXT: Final = "rows without text to embed"
_EMBED_INSTEAD: Final = ", or make vectors from their text with `memctl migrate --reembed`"


@dataclass(frozen=True, slots=True)
class Survey:
    """What one reading of the source found.

    Attributes:
        losses: what the target can't hold.
        due: how many records of each type get a vector anew.
        unheld: how many records of each type have fields that the target has no column for.
        fields: those fields.
    """

    losses: list[Loss] = field(default_factory=list)
    due: dict[MemoryType, int] = field(default_factory=dict)
    unheld: dict[MemoryType, int] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)


def survey(
    source: MemoryBackend,
    target: MemoryBackend,
    reading: Reading,
    written_as: Mapping[MemoryType, MemoryType],
    reembedding: Reembedding | None = None,
) -> Survey:
    """Read the source once; not at all where the target holds anything and nothing is embedded."""
    needs_vectors = Capability.ROWS_WITHOUT_VECTORS not in target.capabilities
    columns = target.facet(Columned) if target.exists() else None
    found = Survey()
    if not needs_vectors and reembedding is None and columns is None:
        return found
    for memory_type in reading.counts:
        counted: Counter[str] = Counter()
        for batch in source.scan(memory_type, reading.selector):
            for record in batch.records:
                is_lost, is_due = _vector_of(record, needs_vectors, reembedding)
                counted["lost"] += is_lost
                counted["due"] += is_due
                fields = columns.unheld_fields(written_as[memory_type], record) if columns else []
                counted["unheld"] += bool(fields)
                found.fields.update(fields)
        if counted["lost"]:
            what = _NO_VECTOR if reembedding is None else _NO_TEXT
            found.losses.append(Loss(memory_type, what, counted["lost"], WITHOUT_VECTORS))
        if counted["due"]:
            found.due[memory_type] = counted["due"]
        if counted["unheld"]:
            found.unheld[memory_type] = counted["unheld"]
    return found


def _vector_of(
    record: MemoryRecord, needs_vectors: bool, reembedding: Reembedding | None
) -> tuple[bool, bool]:
    """Return whether a record is lost for want of a vector, and whether one is made for it."""
    if reembedding is None:
        return needs_vectors and record.embedding is None, False
    is_lost = reembedding.loses(record, needs_vectors=needs_vectors)
    return is_lost, reembedding.is_due(reembedding.stripped(record))


def refuse_losses(found: Survey, allowed: frozenset[str], target: MemoryBackend) -> None:
    """Raise unless every loss was allowed by its flag; no flag allows to lose a field.

    Raises:
        LossRefused: naming each loss and the flags that allow them.
    """
    if found.unheld:
        listed = ", ".join(f"{number} {each} records" for each, number in found.unheld.items())
        named = ", ".join(f"`{each}`" for each in sorted(found.fields)[:_MOST_FIELDS])
        raise LossRefused(
            f"`{target.location}` has no column for all of the source: {listed} have {named}",
            hint="nothing was written; copy them to an index that `memctl setup` makes",
        )
    refused = [loss for loss in found.losses if loss.allowed_by not in allowed]
    if refused:
        is_mendable = any(loss.what == _NO_VECTOR for loss in refused)
        listed = ", ".join(f"{loss.records} {loss.type} {loss.what}" for loss in refused)
        flags = " ".join(sorted({loss.allowed_by for loss in refused}))
        raise LossRefused(
            f"`{target.location}` can't hold all of the source: {listed}",
            hint=f"nothing was written; add `{flags}` to leave them behind"
            + (_EMBED_INSTEAD if is_mendable else ""),
        )
