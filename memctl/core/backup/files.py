"""Backups of a store's own files, for stores that are cleared by whole collections."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from ... import __version__
from ...backends.whole import KeptFiles
from ...model.canonical import format_time, parse_time
from ...model.errors import DamagedStore, DiskFull, LocalStateUnusable
from ...model.memory_type import MemoryType
from ...store.home import backups_directory, ensure_directory, ensure_home
from ..locks import hold_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ...backends.whole import WholeClearing

LISTING: Final = "files.json"
UNFINISHED: Final = ".partial"
"""Stands behind the name of a backup that is still being written."""
_FILES: Final = "files"
_FORMAT: Final = "memctl-files"
_FORMAT_VERSION: Final = 1
_AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class FileKept:
    """One file of a backup.

    Attributes:
        path: within the store.
        size: in bytes.
        sha256: of its bytes, in hex.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FileListing:
    """What a backup of files says of itself.

    Attributes:
        backend: the backend that the store is of.
        source: its location.
        name: of the store's directory.
        crew_id: whose memory was cleared; `None` for every crew's.
        counts: how many records of each type were cleared.
        undo: what the backend noted of the clearing.
        files: every file.
        created_at: when it was finished.
    """

    backend: str
    source: str
    name: str
    crew_id: str | None
    counts: Mapping[MemoryType, int]
    undo: Mapping[str, Any]
    files: tuple[FileKept, ...]
    created_at: datetime | None

    @property
    def records(self) -> int:
        """How many records were cleared."""
        return sum(self.counts.values())

    def kept(self, backup: Path) -> KeptFiles:
        """Say where its files lie."""
        return KeptFiles(backup / _FILES / self.name, self.undo)


class BackUpFiles:
    """Copy the files that a clearing changes, as they are, into the operation's own directory.

    Args:
        operation_id: names the backup.
        whole: the clearing.
        listing: what the backup is to say of itself, yet without files.
    """

    def __init__(self, operation_id: str, whole: WholeClearing, listing: FileListing) -> None:
        self.name = f"back up files to backups/{operation_id}"
        self._whole = whole
        self._listing = listing
        self._target = backups_directory() / operation_id

    def find(self) -> bool:
        """Make it every time: the backup of an earlier run holds what was there then."""
        return False

    def do(self) -> None:
        """Copy the files, and read every copy once more.

        Raises:
            DiskFull: when there is no room; nothing of the store has been changed.
            LocalStateUnusable: when a file can't be copied.
        """
        ensure_home()
        ensure_directory(self._target.parent)
        partial = self._target.with_name(self._target.name + UNFINISHED)
        with hold_lock(str(self._target.resolve())):
            try:
                self._copy(partial)
                partial.rename(self._target)
                _flush(self._target.parent)
            except OSError as exc:
                raise _not_made(exc, partial) from exc

    def undo(self) -> None:
        """Leave it: `memctl backup delete` removes it."""

    def _copy(self, partial: Path) -> None:
        root = partial / _FILES / self._listing.name
        root.mkdir(mode=0o700, parents=True)
        partial.chmod(0o700)
        files = [
            _copy_file(self._whole.root / path, root / path, path)
            for given in self._whole.paths
            for path in _below(self._whole.root, given)
        ]
        listing = _write(self._listing, files)
        with (partial / LISTING).open("wb") as opened:
            opened.write(listing)
            opened.flush()
            os.fsync(opened.fileno())


def read_listing(backup: Path) -> FileListing | None:
    """Read what a backup of files says of itself; `None` where it is none, or says nothing."""
    try:
        document = json.loads((backup / LISTING).read_bytes())
        if (document["format"], document["format_version"]) != (_FORMAT, _FORMAT_VERSION):
            return None
        return _read(document)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def is_whole(listing: FileListing, backup: Path) -> bool:
    """Say whether every file is there in its size."""
    root = listing.kept(backup).root
    return all(
        (root / each.path).is_file() and (root / each.path).stat().st_size == each.size
        for each in listing.files
    )


def check_files(listing: FileListing, backup: Path) -> None:
    """Read every file and compare its hash.

    Raises:
        DamagedStore: when one is missing or is not what was written.
    """
    root = listing.kept(backup).root
    for each in listing.files:
        try:
            is_same = _hash(root / each.path) == each.sha256
        except OSError:
            is_same = False
        if not is_same:
            raise DamagedStore(
                f"backup `{backup.name}` is damaged: `{each.path}` is missing or was changed",
                hint="nothing was written; copy the backup anew from wherever you keep copies of "
                "it",
            )


def _below(root: Path, path: str) -> Iterator[str]:
    """List a file, or the files of a directory; nothing where neither is there."""
    found = root / path
    if found.is_file():
        yield path
    else:
        for each in sorted(found.rglob("*")):
            if each.is_file():
                yield each.relative_to(root).as_posix()


def _copy_file(source: Path, target: Path, path: str) -> FileKept:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy2(source, target)
    _flush(target)
    digest = _hash(target)
    if digest != _hash(source):
        raise LocalStateUnusable(
            f"`{source}` was changed while it was copied",
            hint="let the crew stop, then run the same command again",
        )
    return FileKept(path, target.stat().st_size, digest)


def _hash(file: Path) -> str:
    digest = sha256()
    with file.open("rb") as opened:
        while block := opened.read(_AT_ONCE):
            digest.update(block)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_made(exc: OSError, partial: Path) -> DiskFull | LocalStateUnusable:
    import errno

    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            f"there is no room for a backup in `{partial.parent}`; nothing was deleted",
            hint="free some space, or set `MEMCTL_HOME` to a larger disk",
        )
    return LocalStateUnusable(
        f"a backup can't be made in `{partial}`: {exc.strerror}",
        hint="nothing was deleted; check the owner and mode of the store and of memctl's home",
    )


def _write(listing: FileListing, files: list[FileKept]) -> bytes:
    document = {
        "format": _FORMAT,
        "format_version": _FORMAT_VERSION,
        "memctl_version": __version__,
        "created_at": format_time(datetime.now(UTC)),
        "backend": listing.backend,
        "source": listing.source,
        "name": listing.name,
        "crew_id": listing.crew_id,
        "counts": {str(each): number for each, number in listing.counts.items()},
        "undo": listing.undo,
        "files": [{"path": e.path, "size": e.size, "sha256": e.sha256} for e in files],
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _read(document: dict[str, Any]) -> FileListing:
    paths = [each["path"] for each in [*document["files"], *document["undo"]["cuts"]]]
    if any(each.startswith("/") or ".." in each.split("/") for each in [*paths, document["name"]]):
        raise ValueError("a path that leads out of the store")
    return FileListing(
        backend=document["backend"],
        source=document["source"],
        name=document["name"],
        crew_id=document["crew_id"],
        counts={MemoryType(each): int(n) for each, n in document["counts"].items()},
        undo=document["undo"],
        files=tuple(FileKept(e["path"], e["size"], e["sha256"]) for e in document["files"]),
        created_at=parse_time(document["created_at"]),
    )
