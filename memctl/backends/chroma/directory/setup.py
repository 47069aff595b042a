"""The steps that make a directory a Chroma store, and upgrade an older one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from ....formats.chroma.catalog import UUID_TEXT
from ....formats.chroma.schema import vintage
from ....formats.chroma.store import SQLITE_FILE
from ....model.errors import NotAStore
from ...shared.on_disk import missing_directories
from ..setup import plan_collections
from .client import file_error, open_client
from .staging import (
    leftovers,
    make_staging_folder,
    publish,
    remove_leftovers,
    remove_unfinished,
    staging_in,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ....model.step import Step
    from ...base import SetupRequest
    from .place import DirectoryPlace


def plan_store(place: DirectoryPlace, request: SetupRequest) -> list[Step]:
    """List the steps; a store of another program gets no collections before they are needed.

    Raises:
        NotAStore: when the directory holds other files.
    """
    if not place.exists():
        check_empty(place.path)
        return [CreateStore(place), *plan_collections(place, request)]
    steps: list[Step] = [RemoveLeftovers(place)] if leftovers(place.path) else []
    if place.access.upgrade:
        steps.append(UpgradeStore(place))
    if request.source is not None or place.has_own_layout():
        steps += plan_collections(place, request)
    return steps


def check_empty(path: Path) -> None:
    """Check that nothing lies there which a new store would be mixed with.

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

    def __init__(self, place: DirectoryPlace) -> None:
        self._place = place
        self._directories: list[Path] = []
        self._is_placed = False

    def find(self) -> bool:
        """Return whether a store is there."""
        return self._place.exists()

    def do(self) -> None:
        """Make it."""
        path = self._place.path
        self._directories = missing_directories(path)
        with staging_in(path, "make a store in", self.undo):
            self._create(path)
        self._place.forget_reader()

    def _create(self, path: Path) -> None:
        """Complete the file in a staging folder: a half-made one is a store to nobody."""
        staged = make_staging_folder(path)
        with open_client(staged, named=path):
            pass
        publish(staged, path)
        self._is_placed = True
        shutil.rmtree(staged)

    def undo(self) -> None:
        """Remove the store that was made, and the directory if it was made for it.

        A store that another program has put in its place stays.
        """
        self._place.close()
        path = self._place.path
        try:
            if self._is_placed:
                _remove_store(path)
            remove_unfinished(path, self._directories)
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

    def __init__(self, place: DirectoryPlace) -> None:
        self._place = place

    def find(self) -> bool:
        """Return whether nothing is left."""
        return not leftovers(self._place.path)

    def do(self) -> None:
        """Remove it."""
        path = self._place.path
        try:
            remove_leftovers(path)
        except OSError as exc:
            raise file_error("remove a draft in", path, exc) from exc

    def undo(self) -> None:
        """Leave it: it was of no use."""


class UpgradeStore:
    """Let chromadb rewrite a store of an older schema level."""

    def __init__(self, place: DirectoryPlace) -> None:
        from .upgrade import unable_after

        levels = place.files.schema
        self.name = (
            f"upgrade the store from {vintage(levels).partition(';')[0]}: "
            f"{unable_after(levels)} can no longer open it"
        )
        self._place = place

    def find(self) -> bool:
        """Return whether it is of the installed chromadb's level already."""
        from .upgrade import is_older

        return not is_older(self._place.files.schema)

    def do(self) -> None:
        """Open it once: that migrates it."""
        with open_client(self._place.path):
            pass
        self._place.forget_reader()

    def undo(self) -> None:
        """Leave it: chromadb knows no way back."""
