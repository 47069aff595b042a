"""Which backups there are, by their manifests and the journal; reads no record, changes nothing."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ...model.errors import ConfigurationError, LocalStateUnusable, MemctlError, UsageError
from ...model.results import BackupListed, BackupListResult, BackupState
from ...store.home import backups_directory
from ..local_state import open_journal
from .listing import LISTING, UNFINISHED, is_whole, read_listing

if TYPE_CHECKING:
    from pathlib import Path

    from ...backends.archive.manifest import Manifest
    from ...model.journal import Operation
    from .listing import FileListing

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_SHORTEST_PREFIX: Final = 4


class BackupNotFound(ConfigurationError):
    """No backup has that id."""

    code = "backup_not_found"


@dataclass(frozen=True, slots=True)
class KeptBackup:
    """One backup, and where it lies.

    Attributes:
        listed: what is known of it.
        path: its directory, finished or not.
        files: what it says of the files that it is of; `None` for an archive of records.
    """

    listed: BackupListed
    path: Path
    files: FileListing | None = None

    @property
    def id(self) -> str:
        """The id of the operation that made it."""
        return self.listed.id

    @property
    def is_of_files(self) -> bool:
        """Whether it is of files, even where it does not say of which any more."""
        return self.files is not None or (self.path / LISTING).exists()

    @property
    def location(self) -> str:
        """Where its records are read from once it is finished."""
        if self.files is not None:
            return f"{self.files.backend}:{self.files.kept(self.path).root}"
        return f"archive:{self.path}"

    def subject(self, target: str) -> str:
        """Return what the journal says of a restore to a location."""
        return f"backups/{self.id} -> {target}"


def list_backups() -> BackupListResult:
    """List every backup, the newest first.

    Raises:
        LocalStateUnusable: when memctl's home can't be read.
    """
    listed = [each.listed for each in find_backups()]
    return BackupListResult(location=str(backups_directory()), backups=listed)


def find_backup(text: str) -> KeptBackup:
    """Find a backup by its id, or by the beginning of it that no other has.

    Raises:
        BackupNotFound: when there is none.
        UsageError: when there are several.
    """
    backups = find_backups()
    is_prefix = len(text) >= _SHORTEST_PREFIX
    fitting = [
        each for each in backups if each.id == text or (is_prefix and each.id.startswith(text))
    ]
    if not fitting:
        raise BackupNotFound(
            f"there is no backup `{text[:80]}` in `{backups_directory()}`",
            hint="run `memctl backup list` to see which there are",
        )
    if len({each.id for each in fitting}) > 1:
        raise UsageError(f"{len(fitting)} backups begin with `{text}`", hint="give the whole id")
    return fitting[0]


def find_backups() -> list[KeptBackup]:
    """Find every backup, the newest first; nothing else that lies there is looked at."""
    directory = backups_directory()
    try:
        paths = [each for each in directory.iterdir() if _is_backup(each)]
    except FileNotFoundError:
        return []
    except OSError as exc:
        raise LocalStateUnusable(
            f"`{directory}` can't be read: {exc.strerror}", hint="check its owner and mode"
        ) from exc
    operations = _operations([_id_of(path) for path in paths])
    found = []
    for path in paths:
        with suppress(FileNotFoundError):  # another memctl deleted it, or gave it its name
            found.append(_describe(path, operations.get(_id_of(path))))
    return sorted(found, key=lambda each: (each.listed.created_at, each.id), reverse=True)


def size_of(path: Path) -> int:
    """Add up the files of a backup."""
    return sum(_sizes(path).values())


def _is_backup(path: Path) -> bool:
    return bool(_ID.match(_id_of(path))) and path.is_dir() and not path.is_symlink()


def _id_of(path: Path) -> str:
    return path.name.removesuffix(UNFINISHED)


def _operations(ids: list[str]) -> dict[str, Operation]:
    """Ask the journal who made them."""
    if not ids:
        return {}
    with open_journal() as journal:
        found = [journal.find(each) for each in ids]
    return {each.id: each for each in found if each is not None}


def _describe(path: Path, operation: Operation | None) -> KeptBackup:
    sizes = _sizes(path)
    files = read_listing(path)
    archive = None if files else _read_manifest(path)
    manifest = files or archive
    state = _state(path, files, archive, sizes)
    written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    is_complete = manifest is not None and state is BackupState.COMPLETE
    listed = BackupListed(
        id=_id_of(path),
        created_at=(manifest.created_at if manifest and is_complete else None) or written_at,
        source=manifest.source if manifest else None,
        records=manifest.records if manifest and is_complete else None,
        size_bytes=sum(sizes.values()),
        state=state,
        made_by=operation.command if operation else None,
        group_id=operation.group_id if operation else None,
    )
    return KeptBackup(listed, path, files)


def _sizes(path: Path) -> dict[str, int]:
    return {
        str(each.relative_to(path)): each.lstat().st_size
        for each in path.rglob("*")
        if not each.is_dir()
    }


def _read_manifest(path: Path) -> Manifest | None:
    """Read what a backup says of itself; `None` where that can't be read."""
    from ...backends.archive.files import read_file
    from ...backends.archive.manifest import MANIFEST
    from ...backends.archive.manifest_json import read_manifest

    try:
        return read_manifest(read_file(path, MANIFEST))
    except MemctlError:
        return None


def _state(
    path: Path, files: FileListing | None, archive: Manifest | None, sizes: dict[str, int]
) -> BackupState:
    """Judge by what it says of itself and the sizes of files: a restore reads all of them."""
    if path.name.endswith(UNFINISHED):
        return BackupState.UNFINISHED
    if files is not None:
        holds = is_whole(files, path)
    else:
        finished = archive.parts() if archive is not None and archive.finished else None
        holds = finished is not None and all(sizes.get(e.name) == e.size for e in finished)
    return BackupState.COMPLETE if holds else BackupState.DAMAGED
