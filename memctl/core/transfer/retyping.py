"""Which type records have in a target that can't hold their own, and which they get back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...backends.wrappers import TypesGivenBack
from ...model.errors import LossRefused, UnsupportedOperation
from ...model.memory_type import MemoryType

if TYPE_CHECKING:
    from ...backends.base import MemoryBackend
    from ..connect import Connection
    from .reading import Reading


def give_back(side: Connection, types: frozenset[MemoryType]) -> Connection:
    """Return a side whose records of these types have them again, where others were kept."""
    if not types:
        return side
    return replace(side, backend=TypesGivenBack(side.backend, types))


def written_as(
    memory_type: MemoryType, target: MemoryBackend, as_type: MemoryType | None
) -> MemoryType:
    """Return the type that records of a type have in a target."""
    return memory_type if memory_type in target.info.types else as_type or memory_type


def refuse_types(reading: Reading, target: MemoryBackend, as_type: MemoryType | None) -> None:
    """Refuse records of a type that the target can't hold, unless they become another one.

    Raises:
        UnsupportedOperation: when the target can't hold that other one either.
        LossRefused: naming what can't be held, and the flag that makes it another type.
    """
    types = [each for each in MemoryType if each in target.info.types]
    held = ", ".join(f"`{each}`" for each in types)
    if as_type is not None and as_type not in types:
        raise UnsupportedOperation(
            f"`{target.location}` can't hold `{as_type}` memory, which `--as` makes of other types",
            hint=f"name a type that it holds: {held}",
        )
    lost = {each: number for each, number in reading.counts.items() if each not in types}
    if lost and as_type is None:
        listed = ", ".join(f"{number} {each}" for each, number in lost.items())
        raise LossRefused(
            f"`{target.location}` can't hold all of the source: {listed} records are of a type "
            f"that it has no place for",
            hint=f"nothing was written; `--as TYPE` makes them records of a type that it holds "
            f"({held}) and keeps their own in the metadata",
        )
