"""The screen of `memctl crew-id`: the id, and how to find the crew's memory with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..layout import ACCENT, styled
from .shared.store import command

if TYPE_CHECKING:
    from ...model.results import CrewIdResult
    from ..screen import Screen


def show_crew_id(result: CrewIdResult, screen: Screen) -> None:
    """Show the id, and those that the crew had before."""
    screen.facts(
        [
            ("crew", styled(result.crew_id, ACCENT)),
            ("before", ", ".join(result.former) or None),
        ]
    )
    screen.next(command("stats", result.crew_id, group=result.group_id))
