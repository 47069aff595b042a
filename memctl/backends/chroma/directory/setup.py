"""The steps that make a Chroma directory a store; its collections are made by `..setup`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from ....formats.chroma.catalog import UUID_TEXT
from ....formats.chroma.schema import vintage
from ....formats.chroma.snapshot import SQLITE_FILE
from ....model.errors import NotAStore
from ...on_disk import missing_directories
from ..setup import plan_collections
from .client import file_error, open_client
from .drafts import drafting, leftovers, new_draft, place, remove_leftovers, remove_made

if TYPE_CHECKING:
    from pathlib import Path

    from ....model.step import Step
    from ...base import SetupRequest
    from .backend import ChromaDirectory


def plan_store(backend: ChromaDirectory, request: SetupRequest) -> list[Step]:
    """List the steps; a store of another program gets no collections before they are needed.

    Raises:
        NotAStore: when the directory holds other files.
    """
    if not backend.exists():
        check_empty(backend.path)
        return [CreateStore(backend), *plan_collections(backend, request)]
    steps: list[Step] = [RemoveLeftovers(backend)] if leftovers(backend.path) else []
    if backend.access.upgrade:
        steps.append(UpgradeStore(backend))
    if request.source is not None or backend.has_own_layout():
        steps += plan_collections(backend, request)
    return steps


def check_empty(path: Path) -> None:
    """Raise where a store can't be made because of what lies there.

    Raises:
        NotAStore: when the directory holds files that memctl did not leave there.
    """
    try:
        others = set(path.iterdir()) - set(leftovers(path))
    except FileNotFoundError:
        return
    except NotADirectoryError:
        others = {path}
    except OSError as exc:
        raise file_error("look at", path, exc) from exc
    if others:
        raise NotAStore(
            f"`{path}` holds other files and no Chroma store",
            hint="choose an empty or new directory",
        )


class CreateStore:
    """Make the directory, for its owner only, and an empty store in it."""

    name = "create the store"

    def __init__(self, backend: ChromaDirectory) -> None:
        self._backend = backend
        self._directories: list[Path] = []
        self._is_placed = False

    def find(self) -> bool:
        """Say whether a store is there."""
        return self._backend.exists()

    def do(self) -> None:
        """Make it."""
        path = self._backend.path
        self._directories = missing_directories(path)
        with drafting(path, "make a store in", self.undo):
            self._create(path)
        self._backend.forget_reader()

    def _create(self, path: Path) -> None:
        """Make the file whole in a folder of its own: a half-made one is a store to nobody."""
        draft = new_draft(path)
        with open_client(draft, named=path):
            pass
        place(draft, path)
        self._is_placed = True
        shutil.rmtree(draft)

    def undo(self) -> None:
        """Remove the store that was made, and the directory if it was made for it.

        A store that another program has put in its place stays.
        """
        self._backend.close()
        path = self._backend.path
        try:
            if self._is_placed:
                _remove_store(path)
            remove_made(path, self._directories)
        except OSError as exc:
            raise file_error("remove the store in", path, exc) from exc


def _remove_store(path: Path) -> None:
    for each in path.iterdir():
        if each.name.startswith(SQLITE_FILE):
            each.unlink()
        elif UUID_TEXT.fullmatch(each.name):
            shutil.rmtree(each)


class RemoveLeftovers:
    """Remove what a killed run left beside a store."""

    name = "remove what a killed run left"

    def __init__(self, backend: ChromaDirectory) -> None:
        self._backend = backend

    def find(self) -> bool:
        """Say whether nothing is left."""
        return not leftovers(self._backend.path)

    def do(self) -> None:
        """Remove it."""
        path = self._backend.path
        try:
            remove_leftovers(path)
        except OSError as exc:
            raise file_error("remove a draft in", path, exc) from exc

    def undo(self) -> None:
        """Leave it: it was of no use."""


class UpgradeStore:
    """Let chromadb rewrite a store of an older schema level."""

    def __init__(self, backend: ChromaDirectory) -> None:
        from .upgrade import unable_after

        levels = backend.files.schema
        self.name = (
            f"upgrade the store from {vintage(levels).partition(';')[0]}: "
            f"{unable_after(levels)} can no longer open it"
        )
        self._backend = backend

    def find(self) -> bool:
        """Say whether it is of the installed chromadb's level already."""
        from .upgrade import is_older

        return not is_older(self._backend.files.schema)

    def do(self) -> None:
        """Open it once: that migrates it."""
        with open_client(self._backend.path):
            pass
        self._backend.forget_reader()

    def undo(self) -> None:
        """Leave it: chromadb knows no way back."""
