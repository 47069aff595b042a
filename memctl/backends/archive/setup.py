"""The setup step that begins an archive."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..shared.on_disk import flush, missing_directories, remove_empty, undoing
from .errors import file_errors
from .files import DIRECTORY_MODE, names_in, write_file
from .manifest import MANIFEST, Contents, Manifest
from .manifest_json import write_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from ..base import SetupRequest
    from .place import Place

_USER_INFO = re.compile(r"(?<=//)[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class BeginArchive:
    """Makes the directory of an unfinished archive, with a first manifest.

    Attributes:
        place: where the archive will be.
        request: what it will hold.
    """

    place: Place
    request: SetupRequest
    _made: list[Path] = field(default_factory=list, init=False, repr=False, compare=False)
    """The directories above it that were not there, the innermost first."""

    @property
    def name(self) -> str:
        """What the step does, as shown to the user."""
        return f"begin archive {self.place.partial.name}"

    def find(self) -> bool:
        """Return whether the archive was begun already, or even finished.

        Raises:
            NotAStore: when something else lies there.
        """
        return self.place.is_finished() or self.place.is_unfinished()

    def do(self) -> None:
        """Make the directory, for the user only.

        Raises:
            NotPermitted: when the user may not write there.
            DiskFull: when there is no room.
        """
        directory = self.place.partial
        with undoing(self.undo):
            with file_errors("make", directory):
                self._made[:] = missing_directories(directory.parent)
                directory.parent.mkdir(parents=True, exist_ok=True)
                directory.mkdir(DIRECTORY_MODE, exist_ok=True)
                flush(directory.parent)
            write_file(directory, MANIFEST, write_manifest(first_manifest(self.request)))

    def undo(self) -> None:
        """Remove the directory with everything in it; a finished archive is kept."""
        with file_errors("remove", self.place.partial):
            try:
                self._remove()
            finally:
                remove_empty(self._made)

    def _remove(self) -> None:
        directory = self.place.partial
        self.place.is_unfinished()  # raises if something other than an archive lies there
        if directory.exists():
            for name in names_in(directory):
                (directory / name).unlink()
            directory.rmdir()
            flush(directory.parent)


def first_manifest(request: SetupRequest) -> Manifest:
    """Return the manifest of an archive that holds nothing yet."""
    return Manifest(
        types={each: Contents() for each in request.types},
        source=without_secrets(request.source),
        metric=request.metric,
        embedder=request.embedder,
    )


def without_secrets(source: str | None) -> str | None:
    """Return a location without user and password, and without what UTF-8 can't hold."""
    if source is None:
        return None
    return _USER_INFO.sub("", source).encode("utf-8", "backslashreplace").decode()
