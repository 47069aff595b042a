"""Makes the index of one more memory type, and names it in the profile."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...backends.base import Access
from ...model.errors import InvalidSetting
from ...model.results import IndexChangeResult
from ..config import check_settings
from ..operations.operation import plan
from .profile import NameInProfile
from .store import managed, open_indexes, select_own

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...model.memory_type import MemoryType
    from ...model.progress import Progress
    from ..selection import Selection, StoreRequest


def create_index(
    request: StoreRequest,
    memory_type: MemoryType,
    *,
    options: Mapping[str, Any],
    dry_run: bool = False,
    progress: Progress | None = None,
) -> IndexChangeResult:
    """Make an index for a memory type, with its endpoint, and name it in the profile last.

    Args:
        request: whose profile.
        memory_type: what the index is to hold.
        options: of the backend's setup: ``suffix``, ``wait``, ``wait_timeout``.
        dry_run: say what would be done.
        progress: is told what the work waits for.

    Raises:
        UnsupportedOperation: when the store has no indexes.
        MemctlError: when it can't be made; running the command again goes on.
    """
    chosen = select_own(request)
    settings, added = _settings(chosen, memory_type, options)
    with open_indexes(replace(chosen, settings=settings), Access(writable=not dry_run)) as store:
        wanted = store.request(progress, **options)
        provisioning = store.indexes.provision_index(memory_type, wanted)
        steps = [*provisioning.steps, NameInProfile(store.profile, added)]
        _, name = store.indexes.name_index(memory_type.value)
        result = IndexChangeResult(
            **store.used.named,
            change="created",
            indexes=[name],
            types=[memory_type],
            dry_run=dry_run,
        )
        if dry_run:
            return replace(result, steps=plan(steps))
        with store.run("index create", name) as operation:
            failure = operation.try_all(steps)
        return replace(result, operation_id=operation.id, steps=operation.taken, failure=failure)


def _settings(
    selection: Selection, memory_type: MemoryType, options: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings with the new index, and what is new in them."""
    profile, provisioning = managed(selection)
    offered = next((each.choices for each in provisioning.options if each.name == "type"), ())
    if memory_type.value not in offered:
        raise InvalidSetting(
            f"backend `{selection.backend}` makes no index for `{memory_type}`",
            hint="it makes them for " + ", ".join(f"`{each}`" for each in offered),
        )
    wanted = {**options, "type": [memory_type.value]}
    named = provisioning.name_resources(profile.settings, wanted, is_new=False)
    checked = check_settings(selection.backend, named)
    added = {name: value for name, value in checked.items() if profile.settings.get(name) != value}
    return selection.kind.info.parse_settings(checked), added
