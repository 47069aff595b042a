"""The steps that make memctl's own collections in a store that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...model.memory_type import MemoryType
    from ...model.step import Step
    from ..base import SetupRequest
    from .place import Place


def plan_collections(place: Place, request: SetupRequest) -> list[Step]:
    """List the steps to a collection for each type that is asked for."""
    steps: list[Step] = [CreateCollection(place, each, request) for each in request.types]
    if request.embedder is not None:
        steps += [NoteEmbedder(place, each, request.embedder) for each in request.types]
    return steps


class CreateCollection:
    """Make the collection of one memory type."""

    def __init__(self, place: Place, memory_type: MemoryType, request: SetupRequest) -> None:
        self.name = f"create collection {memory_type}"
        self._place = place
        self._memory_type = memory_type
        self._metric = request.metric or place.settings["metric"]
        self._embedder = request.embedder

    def find(self) -> bool:
        """Return whether memctl's own collection of the type is there."""
        return self._place.exists() and self._place.own_collection(self._memory_type) is not None

    def do(self) -> None:
        """Make it."""
        self._place.writer.create(self._memory_type, self._metric, self._embedder)

    def undo(self) -> None:
        """Delete it, while it is empty."""
        self._place.writer.drop(self._memory_type)


class NoteEmbedder:
    """Note in a collection of one memory type what makes its vectors, while it holds none."""

    def __init__(self, place: Place, memory_type: MemoryType, embedder: str) -> None:
        self.name = f"note the embedder in collection {memory_type}"
        self._place = place
        self._memory_type = memory_type
        self._embedder = embedder

    def find(self) -> bool:
        """Return whether it is noted, or vectors are there whose model may be another."""
        if not self._place.exists():
            return False
        reader = self._place.reader
        return any(
            each.embedder == self._embedder or reader.count(each.name)
            for each in reader.describe(None).of_type(self._memory_type)
        )

    def do(self) -> None:
        """Note it."""
        self._place.writer.note_embedder(self._memory_type, self._embedder)

    def undo(self) -> None:
        """Leave it: it says nothing of a collection that holds no vectors."""
