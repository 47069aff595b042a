"""What `memctl crew-id` computed, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Result


@dataclass(frozen=True, slots=True)
class CrewIdResult(Result):
    """The id under which Kasal keeps a crew's memory.

    Attributes:
        group_id: the group that runs the crew.
        crew_id: the id.
        former: ids that earlier versions of Kasal gave the same crew.
    """

    group_id: str
    crew_id: str
    former: list[str]
