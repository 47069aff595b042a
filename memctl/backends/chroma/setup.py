"""The steps that give a store memctl's own collections; how a store itself is made differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...model.memory_type import MemoryType
    from ...model.step import Step
    from ..base import SetupRequest
    from .base import ChromaBase


def plan_collections(backend: ChromaBase, request: SetupRequest) -> list[Step]:
    """List the steps to a collection for each type that is asked for."""
    steps: list[Step] = [CreateCollection(backend, each, request) for each in request.types]
    if request.embedder is not None:
        steps += [NoteEmbedder(backend, each, request.embedder) for each in request.types]
    return steps


class CreateCollection:
    """Make the collection of one memory type."""

    def __init__(self, backend: ChromaBase, memory_type: MemoryType, request: SetupRequest) -> None:
        self.name = f"create collection {memory_type}"
        self._backend = backend
        self._memory_type = memory_type
        self._metric = request.metric or backend.settings["metric"]
        self._embedder = request.embedder

    def find(self) -> bool:
        """Say whether memctl's own collection of the type is there."""
        return self._backend.exists() and self._backend.has_collection(self._memory_type)

    def do(self) -> None:
        """Make it."""
        self._backend.writer.create(self._memory_type, self._metric, self._embedder)

    def undo(self) -> None:
        """Delete it, while it is empty."""
        self._backend.writer.drop(self._memory_type)


class NoteEmbedder:
    """Note in a collection of one memory type what makes its vectors, while it holds none."""

    def __init__(self, backend: ChromaBase, memory_type: MemoryType, embedder: str) -> None:
        self.name = f"note the embedder in collection {memory_type}"
        self._backend = backend
        self._memory_type = memory_type
        self._embedder = embedder

    def find(self) -> bool:
        """Say whether it is noted, or vectors are there whose model may be another."""
        if not self._backend.exists():
            return False
        return any(
            each.records or each.embedder == self._embedder
            for each in self._backend.collections()
            if each.type is self._memory_type
        )

    def do(self) -> None:
        """Note it."""
        self._backend.writer.note_embedder(self._memory_type, self._embedder)

    def undo(self) -> None:
        """Leave it: it says nothing of a collection that holds no vectors."""
