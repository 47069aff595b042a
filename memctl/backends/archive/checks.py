"""Checks every file and record of an archive."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ...model.backend.check import Check, CheckStatus
from ...model.errors import DamagedStore
from .errors import RESTORE
from .files import names_in, world_writable
from .manifest import MANIFEST
from .parts.digest import add_up
from .parts.reader import FinishedArchive, PartReader
from .parts.rows import to_records
from .stats import ODDITIES, TypeStats, sum_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ...model.memory_type import MemoryType
    from .manifest import Manifest, Part
    from .writer import UnfinishedArchive

_NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class _Findings:
    """The results of reading every part.

    Attributes:
        stats: what the intact parts hold of each type.
        sound: the intact parts.
        damage: what is wrong with each other part, by its name.
    """

    stats: dict[MemoryType, TypeStats] = field(default_factory=lambda: defaultdict(TypeStats))
    sound: list[Part] = field(default_factory=list)
    damage: dict[str, str] = field(default_factory=dict)


def check_finished(directory: Path) -> list[Check]:
    """Return the checks of a finished archive.

    Raises:
        NotPermitted: when the user may not read it.
        UnsupportedSchema: when a later memctl wrote it.
    """
    expected = "unchanged"
    try:
        archive = FinishedArchive(directory)
    except DamagedStore as exc:
        return [Check("manifest", CheckStatus.PROBLEM, exc.message, expected, hint=RESTORE)]
    findings = _read_all(archive)
    return [
        Check("manifest", CheckStatus.OK, expected, expected),
        *_check_files(archive.manifest, findings),
        *_check_other_files(directory, archive.manifest),
        *_check_records(archive.manifest, findings),
        *_check_dimensions(archive.manifest, findings),
        _check_digest(archive.manifest, findings),
        _check_ids(directory, findings),
        *_check_oddities(findings),
        _check_modes(directory, archive.manifest),
    ]


def check_unfinished(archive: UnfinishedArchive) -> list[Check]:
    """Return the check of an archive that is still being written, with its progress."""
    parts = [part for each in archive.reader.types() for part in archive.reader.parts(each)]
    records = sum(part.records for part in parts)
    found = f"unfinished, with {records} records in {len(parts)} files"
    hint = "run the same copy again: it resumes"
    return [Check("finished", CheckStatus.WARNING, found, "finished", hint=hint)]


def _read_all(archive: FinishedArchive) -> _Findings:
    findings = _Findings()
    for part in archive.manifest.parts():
        try:
            table = archive.reader.table(part)
            records = to_records(table, part.type, part.name)
            sums = sum_up(table, part.name)
        except DamagedStore as exc:
            findings.damage[part.name] = exc.message
        else:
            findings.stats[part.type].add(sums, records)
            findings.sound.append(part)
    return findings


def _check_files(manifest: Manifest, findings: _Findings) -> Iterator[Check]:
    """Yield the checks of sizes, hashes and rows, which were compared by reading the parts."""
    expected = f"{len(manifest.parts())} unchanged"
    if not findings.damage:
        yield Check("files", CheckStatus.OK, expected, expected)
    for message in findings.damage.values():
        yield Check("files", CheckStatus.PROBLEM, message, expected, hint=RESTORE)


def _check_other_files(directory: Path, manifest: Manifest) -> Iterator[Check]:
    known = {MANIFEST, *(part.name for part in manifest.parts())}
    others = [name for name in names_in(directory) if name not in known]
    if not others:
        yield Check("unlisted files", CheckStatus.OK, _NONE, _NONE)
    for name in others:
        # other programs may read all Parquet files of the directory as memory
        parquet = name.endswith(".parquet")
        status = CheckStatus.PROBLEM if parquet else CheckStatus.WARNING
        yield Check("unlisted files", status, f"`{name}`", _NONE, hint=f"remove `{name}`")


def _check_records(manifest: Manifest, findings: _Findings) -> Iterator[Check]:
    for memory_type, contents in manifest.types.items():
        stats = findings.stats[memory_type]
        same = stats.owners == Counter(contents.owners)
        found, expected = str(stats.records), str(contents.records)
        if not same and found == expected:
            found = f"{found}, of other groups or crews"
        yield _compared("records", found, expected, same=same, collection=memory_type)


def _check_dimensions(manifest: Manifest, findings: _Findings) -> Iterator[Check]:
    for memory_type, contents in manifest.types.items():
        found = sorted(findings.stats[memory_type].dimensions)
        same = found == ([] if contents.dimension is None else [contents.dimension])
        shown = ", ".join(map(str, found)) or _NONE
        expected = str(contents.dimension or _NONE)
        yield _compared("dimension", shown, expected, same=same, collection=memory_type)


def _check_digest(manifest: Manifest, findings: _Findings) -> Check:
    digest = add_up(stats.digest for stats in findings.stats.values())
    same = digest == manifest.digest
    return _compared("digest", f"{digest:064x}", f"{manifest.digest:064x}", same=same)


def _check_ids(directory: Path, findings: _Findings) -> Check:
    reader = PartReader(directory)
    for part in findings.sound:
        reader.put(part)
    repeated = [each for memory_type in reader.types() for each in reader.duplicates(memory_type)]
    found = f"{len(repeated)}, such as `{repeated[0][:80]}`" if repeated else _NONE
    return _compared("repeated ids", found, _NONE, same=not repeated)


def _check_oddities(findings: _Findings) -> Iterator[Check]:
    for oddity in ODDITIES:
        rows = {each: stats.oddities[oddity] for each, stats in findings.stats.items()}
        found = ", ".join(f"{count} in {each}" for each, count in rows.items() if count)
        status = CheckStatus.WARNING if found else CheckStatus.OK
        yield Check(oddity, status, found or _NONE, _NONE)


def _check_modes(directory: Path, manifest: Manifest) -> Check:
    names = (MANIFEST, *(part.name for part in manifest.parts()))
    found = ", ".join(f"`{name}`" for name in world_writable(directory, names))
    status = CheckStatus.WARNING if found else CheckStatus.OK
    hint = f"run `chmod -R o-w {directory}`" if found else None
    return Check("world-writable files", status, found or _NONE, _NONE, hint=hint)


def _compared(
    name: str, found: str, expected: str, *, same: bool, collection: MemoryType | None = None
) -> Check:
    status = CheckStatus.OK if same else CheckStatus.PROBLEM
    hint = None if same else RESTORE
    return Check(name, status, found, expected, hint=hint, collection=collection)
