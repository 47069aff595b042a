"""Computes the id under which Kasal keeps a crew's memory; looks into no store."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import md5
from typing import Final

from ...model.errors import UsageError
from ...model.profile import check_owner_id
from ...model.results import CrewIdResult

_UNNAMED: Final = "unnamed_crew"
_NO_MODEL: Final = "default"
_HASH_LETTERS: Final = 8
_TITLE_LETTERS: Final = 50
"""Of a task without a name Kasal takes so many characters of its description."""


@dataclass(frozen=True, slots=True)
class CrewDescription:
    """A crew as Kasal knows it.

    Attributes:
        group_id: the group that runs it.
        roles: of its agents.
        tasks: names of its tasks.
        descriptions: of those of its tasks that have no name.
        name: of the crew.
        model: that the run was started with.
        run_name: of the run; up to February 2026 each run had its own, and so its own memory.
        database_id: of the crew in Kasal's database; then nothing else of it counts.
    """

    group_id: str
    roles: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    name: str | None = None
    model: str | None = None
    run_name: str | None = None
    database_id: str | None = None


def compute_crew_id(crew: CrewDescription) -> CrewIdResult:
    """Compute the crew's id, and those that earlier versions of Kasal gave it.

    Raises:
        UsageError: when nothing of the crew was given.
        InvalidSetting: when the group's id is none.
    """
    group = check_owner_id("group", crew.group_id)
    if crew.database_id is not None:
        former = f"crew_db_{crew.database_id}"
        return CrewIdResult(group, f"{group}_{former}", [former])
    if not crew.roles:
        raise UsageError(
            "nothing says which crew is meant",
            hint="give the role of each agent with `--role`, and its tasks with `--task`; or "
            "`--database-id`",
        )
    return CrewIdResult(group, f"{group}_crew_{_digest(crew)}", [])


def _digest(crew: CrewDescription) -> str:
    titles = [*crew.tasks, *(each[:_TITLE_LETTERS] for each in crew.descriptions)]
    described: dict[str, object] = {
        "agent_roles": sorted(crew.roles),
        "task_names": sorted(titles),
        "crew_name": crew.name or _UNNAMED,
        "model": crew.model or _NO_MODEL,
        "group_id": crew.group_id,
    }
    if crew.run_name is not None:
        described["run_name"] = crew.run_name
    text = json.dumps(described, sort_keys=True)
    return md5(text.encode(), usedforsecurity=False).hexdigest()[:_HASH_LETTERS]
