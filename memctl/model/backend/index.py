"""What is known of one index of a vector search service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..memory_type import MemoryType


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """One index.

    Attributes:
        name: its full name.
        type: the memory type that the profile keeps in it; `None` where the profile names it not.
        state: ``ready``, ``provisioning``, ``not found``, ``forbidden`` ..., or what the service
            says.
        endpoint: the endpoint that serves it.
        records: how many rows the service counts, of every group; it may lag behind.
        dimension: of its vectors.
        primary_key: the column that holds a row's id.
        columns: column -> type, as the service spells it.
        owner: who made it.
    """

    name: str
    type: MemoryType | None
    state: str
    endpoint: str | None = None
    records: int | None = None
    dimension: int | None = None
    primary_key: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    owner: str | None = None
