"""Which crew and agent a scope of CrewAI belongs to, and the scope for a crew's memory."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ....model.errors import InvalidSetting

if TYPE_CHECKING:
    from ....model.record import MemoryRecord

ROOT: Final = "/"
_CREW: Final = "/crew/"
_FLOW: Final = "/flow/"
_AGENT: Final = "agent"
_OWNER: Final = re.compile(r"/(?:crew|flow)/[^/]+")
_GIVEN: Final = re.compile(r"(/[^/\x00-\x1f\x7f]+)+/?\Z")
_UNKNOWN: Final = "unknown"


def owner_root(scope: str) -> str | None:
    """Return the ``/crew/NAME`` or ``/flow/NAME`` that a scope lies in, else `None`."""
    found = _OWNER.match(scope)
    return found[0] if found else None


def crew_of(scope: str) -> str | None:
    """Return ``NAME`` of ``/crew/NAME/...``, or the whole ``/flow/NAME`` of a flow."""
    root = owner_root(scope)
    return root.removeprefix(_CREW) if root is not None else None


def agent_of(scope: str) -> str | None:
    """Return ``ROLE`` of ``/crew/NAME/agent/ROLE/...``."""
    root = owner_root(scope) or ""
    parts = scope[len(root) :].split("/")
    return parts[2] if len(parts) > 2 and parts[1] == _AGENT and parts[2] else None  # noqa: PLR2004 - "", "agent", ROLE


def scope_for(crew_id: str | None, agent_id: str | None) -> str:
    """Return the scope in which CrewAI looks for memory of a crew, or of its agent."""
    if crew_id is None:
        return ROOT
    root = crew_id if _is_flow(crew_id) else _CREW + sanitized(crew_id)
    return _with_agent(root, agent_id)


def owner_path(crew_id: str) -> str:
    """Return the one scope from which `crew_of` reads the crew."""
    return crew_id if _is_flow(crew_id) else _CREW + crew_id


def sanitized(name: str) -> str:
    """Return a name as CrewAI 1.12 and newer spells it in a scope."""
    spelt = re.sub(r"[^a-z0-9_-]", "-", name.lower().strip())
    return re.sub(r"-+", "-", spelt).strip("-") or _UNKNOWN


def check_scope(scope: str) -> str:
    """Return a scope that was given, without a slash at its end.

    Raises:
        InvalidSetting: when it is no path, or is the root, or names a crew as CrewAI never spells
            one, so that it would not find the memory.
    """
    if not _GIVEN.match(scope):
        raise InvalidSetting(
            f"setting `scope`: `{scope[:100]}` is not a scope",
            hint="write it as CrewAI does: `/crew/NAME`",
        )
    root = owner_root(scope) or ""
    kind, _, name = root.rpartition("/")
    if sanitized(name) != name and root:
        raise InvalidSetting(
            f"setting `scope`: CrewAI never looks in `{scope[:100]}`",
            hint=f"it spells the name as `{kind}/{sanitized(name)}`",
        )
    return scope.rstrip("/")


def place_in(record: MemoryRecord, base: str) -> MemoryRecord:
    """Return the record moved below a scope; one that lies there already is not moved.

    Of the scope of another crew or flow, the part after the owner is kept.
    """
    scope = record.scope
    if scope is None or not scope.startswith(ROOT):
        scope = _with_agent(base, record.agent_id)
    elif not is_within(scope, base):
        inner = scope.removeprefix(owner_root(scope) or "").rstrip("/")
        scope = base + inner if inner else _with_agent(base, record.agent_id)
    return replace(
        record,
        scope=scope,
        crew_id=crew_of(scope) or record.crew_id,
        agent_id=record.agent_id or agent_of(scope),
    )


def is_within(scope: str, base: str) -> bool:
    """Return whether a scope is another one or lies below it; `/crew/ab` is not in `/crew/a`."""
    return scope == base or scope.startswith(base.rstrip("/") + "/")


def _is_flow(crew_id: str) -> bool:
    return crew_id.startswith(_FLOW) and owner_root(crew_id) == crew_id


def _with_agent(root: str, agent_id: str | None) -> str:
    return root if agent_id is None else f"{root}/{_AGENT}/{sanitized(agent_id)}"
