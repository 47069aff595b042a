"""The steps that make a Chroma directory ready for memctl's own layout."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from ...formats.chroma.schema import vintage
from ...model.errors import NotAStore, NotPermitted
from .client import open_client

if TYPE_CHECKING:
    from pathlib import Path

    from ...model.memory_type import MemoryType
    from ...model.step import Step
    from ..base import SetupRequest
    from .backend import ChromaBackend


def plan_store(backend: ChromaBackend, request: SetupRequest) -> list[Step]:
    """List the steps; a store of another program gets no collections before they are needed.

    Raises:
        NotAStore: when the directory holds other files.
    """
    if not backend.exists():
        _check_empty(backend.path)
        created: list[Step] = [CreateCollection(backend, each, request) for each in request.types]
        return [CreateStore(backend), *created]
    steps: list[Step] = []
    if backend.access.upgrade:
        steps.append(UpgradeStore(backend))
    if request.source is not None or backend.has_own_layout():
        steps += [CreateCollection(backend, each, request) for each in request.types]
    return steps


def _check_empty(path: Path) -> None:
    try:
        is_usable = not path.exists() or (path.is_dir() and not any(path.iterdir()))
    except PermissionError as exc:
        raise NotPermitted(f"`{path}` can't be read") from exc
    if not is_usable:
        raise NotAStore(
            f"`{path}` holds other files and no Chroma store",
            hint="choose an empty or new directory",
        )


class CreateStore:
    """Make the directory, for its owner only, and an empty store in it."""

    name = "create the store"

    def __init__(self, backend: ChromaBackend) -> None:
        self._backend = backend
        self._made_directory = False

    def find(self) -> bool:
        """Say whether a store is there."""
        return self._backend.exists()

    def do(self) -> None:
        """Make it."""
        path = self._backend.path
        self._made_directory = not path.exists()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as exc:
            raise NotPermitted(
                f"`{path}` can't be created: {os.strerror(exc.errno or 0)}",
                hint="choose another directory",
            ) from exc
        with open_client(path):
            pass
        self._backend.forget_reader()

    def undo(self) -> None:
        """Remove the store that was made, and the directory if it was made for it."""
        self._backend.close()
        if self._made_directory:
            shutil.rmtree(self._backend.path)
        else:
            for each in self._backend.path.iterdir():
                shutil.rmtree(each) if each.is_dir() else each.unlink()


class UpgradeStore:
    """Let chromadb rewrite a store of an older schema level."""

    def __init__(self, backend: ChromaBackend) -> None:
        from .upgrade import unable_after

        levels = backend.store.schema
        self.name = (
            f"upgrade the store from {vintage(levels).partition(';')[0]}: "
            f"{unable_after(levels)} can no longer open it"
        )
        self._backend = backend

    def find(self) -> bool:
        """Say whether it is of the installed chromadb's level already."""
        from .upgrade import is_older

        return not is_older(self._backend.store.schema)

    def do(self) -> None:
        """Open it once: that migrates it."""
        with open_client(self._backend.path):
            pass
        self._backend.forget_reader()

    def undo(self) -> None:
        """Leave it: chromadb knows no way back."""


class CreateCollection:
    """Make the collection of one memory type."""

    def __init__(
        self, backend: ChromaBackend, memory_type: MemoryType, request: SetupRequest
    ) -> None:
        self.name = f"create collection {memory_type}"
        self._backend = backend
        self._memory_type = memory_type
        self._metric = request.metric or backend.settings["metric"]

    def find(self) -> bool:
        """Say whether memctl's own collection of the type is there."""
        return self._backend.exists() and self._backend.has_collection(self._memory_type)

    def do(self) -> None:
        """Make it."""
        self._backend.writer.create(self._memory_type, self._metric)

    def undo(self) -> None:
        """Delete it, while it is empty."""
        self._backend.writer.drop(self._memory_type)
