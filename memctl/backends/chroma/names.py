"""What the names of collections mean: their memory type, their crew, their database."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one store's collections.

    Attributes:
        home: tenant and database of the collections that memctl writes to.
        mapping: the memory type of collections whose name does not say it.
    """

    home: tuple[str, str]
    mapping: Mapping[str, str] | None

    def is_home(self, stored: StoredCollection) -> bool:
        """Return whether the collection is in the database that memctl writes to."""
        return (stored.tenant, stored.database) == self.home

    def full(self, stored: StoredCollection) -> str:
        """Return a name that no other collection has: two databases may use the same one."""
        places = (stored.tenant, stored.database)
        named = [place for place, usual in zip(places, self.home, strict=True) if place != usual]
        return "/".join([*named, stored.name])

    def read(self, stored: StoredCollection) -> tuple[MemoryType | None, str | None]:
        """Return the memory type and the crew that the collection's name gives."""
        return read_name(stored.name, self.mapping)
