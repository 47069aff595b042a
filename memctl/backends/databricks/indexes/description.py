"""What the indexes of a profile are like; each is opened when something is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....model.backend.collection import Collection, Description

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ....model.memory_type import MemoryType
    from ..rows.open_index import OpenIndex


class IndexesDescribed(Description):
    """The indexes that a profile names; one that can't be opened stands in the way of no other.

    Args:
        names: the full name of the index of each type that has one.
        open_index: opens the index of a type, once.
    """

    def __init__(
        self, names: Mapping[MemoryType, str], open_index: Callable[[MemoryType], OpenIndex]
    ) -> None:
        super().__init__()
        self._names = names
        self._open_index = open_index

    @property
    def collections(self) -> Sequence[Collection]:
        """Every index.

        Raises:
            MemctlError: when one can't be opened.
        """
        return [found for memory_type in self._names for found in self.of_type(memory_type)]

    @property
    def types(self) -> list[MemoryType]:
        """The memory types that the profile names an index for; asks nobody."""
        return list(self._names)

    def of_type(self, memory_type: MemoryType) -> Sequence[Collection]:
        """Return the type's index, if the profile names one.

        Raises:
            MemctlError: when it can't be opened.
        """
        if memory_type not in self._names:
            return []
        dimension = self._open_index(memory_type).dimension
        # The service ranks by no other metric.
        return [Collection(self._names[memory_type], memory_type, dimension, "l2")]
