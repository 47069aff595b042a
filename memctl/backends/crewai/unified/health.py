"""Checks a table of CrewAI's unified memory; all columns but the text are read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from ....model.backend.check import CheckStatus, dimension_expected, none_expected
from ....model.canonical import parse_time
from .rows import is_object
from .scopes import ROOT, owner_root
from .table import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from ....model.backend.check import Check
    from .memory import UnifiedMemory

WARNING, PROBLEM = CheckStatus.WARNING, CheckStatus.PROBLEM

_OTHER_DIMENSION: Final = "CrewAI refuses every search with an embedder of another dimension"
_READ: Final = ("scope", "created_at", "last_accessed", "metadata_str", "vector")
_ROWS_AT_ONCE: Final = 1000
_TIME_DIGITS: Final = len("2026-01-01")


def check_unified(memory: UnifiedMemory, dimension: int | None) -> Iterator[Check]:
    """Yield the checks of a table's ids, vectors, stamps, scopes and metadata."""
    name = f"{memory.part.prefix}{NAME}"
    odd: Counter[str] = Counter()
    for batch in memory.table.columns(_READ, _ROWS_AT_ONCE):
        odd.update(_look_at(batch))
    yield dimension_expected(memory.table.dimension, dimension, _OTHER_DIMENSION, name)
    yield none_expected(
        "duplicate ids",
        len(memory.copies()),
        PROBLEM,
        "CrewAI's `save` appends; it reads, updates and deletes them as one. Here the later ones "
        "are called `ID#2` and so on; clear those that are not wanted",
        name,
    )
    yield none_expected(
        "zero vectors", odd["zero"], WARNING, "they were saved without an embedding", name
    )
    yield none_expected("vectors with NaN", odd["nan"], PROBLEM, "embed them again", name)
    yield none_expected(
        "time-zone-aware stamps",
        odd["aware"],
        WARNING,
        "CrewAI up to 1.15 fails with a TypeError where it compares them with others; copied with "
        "`memctl migrate` they are plain UTC",
        name,
    )
    yield none_expected(
        "stamps that are no times", odd["no time"], WARNING, "no age is known of them", name
    )
    yield none_expected(
        "records outside any crew's root",
        odd["outside"],
        WARNING,
        "CrewAI 1.12 and newer looks in `/crew/NAME` only; place them with "
        "`memctl migrate SOURCE TARGET --scope /crew/NAME`",
        name,
    )
    yield none_expected(
        "metadata that is no JSON", odd["no JSON"], PROBLEM, "CrewAI can't read these rows", name
    )


def _look_at(batch: pa.RecordBatch) -> Counter[str]:
    import numpy as np

    odd: Counter[str] = Counter()
    stamps = ("created_at", "last_accessed")
    for created, accessed in zip(*(batch.column(each).to_pylist() for each in stamps), strict=True):
        odd["aware"] += _is_aware(created) or _is_aware(accessed)
        odd["no time"] += parse_time(created or "") is None
    odd["outside"] = sum(owner_root(s or ROOT) is None for s in batch.column("scope").to_pylist())
    odd["no JSON"] = sum(not is_object(s) for s in batch.column("metadata_str").to_pylist())
    vectors = batch.column("vector")
    block = vectors.flatten().to_numpy(zero_copy_only=False).reshape(-1, vectors.type.list_size)
    odd["zero"] = int((~block.any(axis=1)).sum()) + vectors.null_count
    odd["nan"] = int((~np.isfinite(block).all(axis=1)).sum())
    return odd


def _is_aware(stamp: Any) -> bool:
    """Return whether a stamp has a time zone; CrewAI up to 1.15 writes none."""
    text = stamp if isinstance(stamp, str) else ""
    rest = text[_TIME_DIGITS:]
    return parse_time(text) is not None and ("+" in rest or "-" in rest or rest.endswith("Z"))
