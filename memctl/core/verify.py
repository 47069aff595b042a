"""Looks at the health of stores; what there is to look at, each backend knows."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from ..backends.base import Access, SetupRequest
from ..backends.facets import Indexed
from ..model.backend.capability import Capability
from ..model.backend.check import Check, CheckStatus
from ..model.errors import MemctlError, ProfileNotFound
from ..model.memory_type import MemoryType
from ..model.profile import printable
from ..model.record import MemoryRecord, differing_fields
from ..model.results import VerifiedStore, VerifyResult
from ..model.selector import Selector
from .connect import log_in, open_selection
from .local_state import open_profiles
from .query.rows import Rows
from .selection import StoreRequest, select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..backends.base import MemoryBackend, WriteResult
    from ..model.profile import Profile
    from ..model.step import Step
    from .connect import Connection
    from .selection import Selection

_PROBED: Final = "written, read, deleted"


def verify_memory(
    request: StoreRequest,
    *,
    all_profiles: bool = False,
    probe: bool = False,
    deep: bool = False,
    strict: bool = False,
    upgrade: bool = False,
) -> VerifyResult:
    """Check the store that is asked for, or the store of each active profile of the group.

    Args:
        request: which store.
        all_profiles: check every active profile of the group instead.
        probe: also write, read back and delete one record; the only check that changes a store.
        deep: read every row too, where that is not done anyway.
        strict: let warnings count as problems.
        upgrade: with ``probe``, allow a store of an older schema level to be rewritten.

    Raises:
        MemctlError: when no store can be chosen; one that can't be opened is a result.
    """
    access = Access(writable=probe, upgrade=upgrade)
    only_looks = not (probe or upgrade)
    chosen = _every_profile(request) if all_profiles else [select(request, only_looks=only_looks)]
    stores = [_verify(each, access, deep=deep) for each in chosen]
    checks = [check for store in stores for check in store.checks]
    return VerifyResult(stores, checks, strict)


def _every_profile(request: StoreRequest) -> list[Selection]:
    with open_profiles() as opened:
        profiles = opened.list(request.group)
    if not profiles and request.group_id is not None:
        raise ProfileNotFound(
            f"group `{printable(request.group)}` has no profile",
            hint="check the group's name, or make a profile with `memctl setup`",
        )
    active = [each for each in profiles if each.is_active and not each.is_disabled_configuration]
    return [
        select(StoreRequest(request.group_id, each.name, connecting=request.connecting))
        for each in active
    ]


def _verify(selection: Selection, access: Access, *, deep: bool) -> VerifiedStore:
    profile = selection.profile.name if selection.profile else None
    login = None
    try:
        with open_selection(selection, access) as connection:
            login = log_in(connection.backend)
            checks = connection.backend.check()
            indexed = connection.backend.facet(Indexed) if deep else None
            if indexed is not None:
                checks += indexed.check_rows(selection.group_id)
            checks += _check_switches(connection, selection.profile)
            if access.writable:
                checks.append(_probe(connection))
            failure = None
    except MemctlError as exc:
        failure = exc
        checks = [Check("reachable", CheckStatus.PROBLEM, exc.message, "a store", exc.hint)]
    return VerifiedStore(
        selection.backend,
        selection.location,
        profile,
        selection.selected_by,
        checks,
        failure,
        login=login,
    )


def _check_switches(connection: Connection, profile: Profile | None) -> list[Check]:
    """Find records of memory types that the profile switches off."""
    if profile is None:
        return []
    off = [each for each in connection.backend.describe().types if not profile.keeps(each)]
    selector = connection.selector(Rows(types=frozenset(off)))
    records = connection.backend.count(selector) if off else 0
    return [
        Check(
            "switched-off types",
            CheckStatus.WARNING if records else CheckStatus.OK,
            f"{records} records of types that are off",
            "none",
            "switch the type on with `memctl config update`" if records else None,
        )
    ]


def _probe(connection: Connection) -> Check:
    """Write, read back and delete one throw-away record."""
    backend = connection.backend
    backend.require(Capability.PROBE)
    with _place_to_probe(backend) as memory_type:
        if memory_type is None:
            return Check(
                "probe",
                CheckStatus.WARNING,
                "not tried: its vector would give the store a dimension for good",
                _PROBED,
                "give the profile a `dimension`, or probe once there are records",
            )
        record = _throw_away_record(backend, memory_type, connection.selection.group_id)
        return _judge(record, *_write_and_read(backend, record))


@contextmanager
def _place_to_probe(backend: MemoryBackend) -> Iterator[MemoryType | None]:
    """Choose a type whose dimension is known, or make a collection until the block ends.

    An empty collection takes the dimension of its first vector, and keeps it when that is gone.
    """
    described = backend.describe()
    types = described.types
    known = next((each for each in types if described.dimension(each)), None)
    if known is not None:
        yield known
        return
    held = [each for each in MemoryType if each in backend.info.types]
    free = next((each for each in held if each not in types), None)
    steps = backend.plan_setup(SetupRequest((free,))) if free else []
    made: list[Step] = []
    try:
        for step in steps:
            if not step.find():
                step.do()
                made.append(step)
        yield free if made else None
    finally:
        for step in reversed(made):
            step.undo()


def _write_and_read(
    backend: MemoryBackend, record: MemoryRecord
) -> tuple[WriteResult, list[MemoryRecord]]:
    result = backend.upsert(record.type, [record])
    row_id = result.renamed.get(record.id, record.id)
    try:
        wanted = Selector(ids=frozenset({row_id}))
        return result, [
            each for batch in backend.scan(record.type, wanted) for each in batch.records
        ]
    finally:
        backend.delete(record.type, [row_id])


def _judge(record: MemoryRecord, result: WriteResult, found: list[MemoryRecord]) -> Check:
    written = replace(record, id=result.renamed.get(record.id, record.id))
    wrong = sorted({field for each in found for field in differing_fields(written, each)})
    if result.failed:
        said = next(iter(result.failed.values())).message
    elif not found:
        said = "not found after it was written"
    else:
        said = f"read back with another {', '.join(wrong)}" if wrong else _PROBED
    is_fine = bool(found) and not wrong and not result.failed
    return Check("probe", CheckStatus.OK if is_fine else CheckStatus.PROBLEM, said, _PROBED)


def _throw_away_record(
    backend: MemoryBackend, memory_type: MemoryType, group_id: str | None
) -> MemoryRecord:
    import numpy as np

    vector = np.zeros(backend.describe().dimension(memory_type) or 1, np.float32)
    vector[0] = 1.0
    return MemoryRecord(
        id=f"memctl-probe-{uuid4()}",
        type=memory_type,
        content="written by `memctl verify --probe`, and deleted again",
        embedding=vector,
        group_id=group_id,
        crew_id="memctl-probe",
        created_at=datetime.now(UTC),
        metadata={"probe": True},
    )
