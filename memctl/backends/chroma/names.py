"""What a collection's name says of its memory type and crew; not what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...model.memory_type import MemoryType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...formats.chroma import StoredCollection

SPELLINGS: Final[dict[str, MemoryType]] = {
    "short_term": MemoryType.SHORT_TERM,
    "long_term": MemoryType.LONG_TERM,
    "entities": MemoryType.ENTITY,
    "entity": MemoryType.ENTITY,
    "documents": MemoryType.DOCUMENT,
    "document": MemoryType.DOCUMENT,
    "unified": MemoryType.UNIFIED,
}
"""How programs spell a memory type in a collection's name: CrewAI and Kasal write ``entities``."""

PREFIX: Final = "memory_"
"""CrewAI 0.193 to 1.9 puts it before the type, and the crew's roles after it."""

DEFAULT_HOME: Final = ("default_tenant", "default_database")
"""Tenant and database that chromadb takes if it is told none."""


def lies_in(stored: StoredCollection, home: tuple[str, str]) -> bool:
    """Say whether the collection is in that tenant's database."""
    return (stored.tenant, stored.database) == home


def full_name(stored: StoredCollection, home: tuple[str, str]) -> str:
    """Give a name that no other collection of the store has: two databases may use one name."""
    places = (stored.tenant, stored.database)
    named = [place for place, usual in zip(places, home, strict=True) if place != usual]
    return "/".join([*named, stored.name])


def read_name(
    name: str, mapping: Mapping[str, str] | None = None
) -> tuple[MemoryType | None, str | None]:
    """Return the memory type and the crew that a collection's name gives.

    In this order: what ``mapping`` (collection -> type) says; an exact name; the prefix
    ``memory_TYPE``, then the rest is the crew; the suffix ``_TYPE``, then what stands before it is
    the crew.
    """
    if mapping and name in mapping:
        return MemoryType(mapping[name]), None
    if name in SPELLINGS:
        return SPELLINGS[name], None
    for spelling, memory_type in SPELLINGS.items():
        rest = name.removeprefix(PREFIX + spelling)
        if rest != name and (not rest or rest.startswith("_")):
            return memory_type, rest[1:] or None
    for spelling, memory_type in SPELLINGS.items():
        crew = name.removesuffix("_" + spelling)
        if crew not in {name, ""}:
            return memory_type, crew
    return None, None
