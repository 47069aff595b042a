"""What the name of one of CrewAI's Chroma collections says; not what is in the collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ...model.memory_type import MemoryType

LONGEST: Final = 63
"""CrewAI 0.193 to 1.9 cuts a collection's name to so many characters."""

_SPELLINGS: Final = {
    "short_term": MemoryType.SHORT_TERM,
    "long_term": MemoryType.LONG_TERM,
    "entities": MemoryType.ENTITY,
    "entity": MemoryType.ENTITY,
}
_PREFIX: Final = "memory_"
_KNOWLEDGE: Final = "knowledge"
_SHORTEST_CUT: Final = LONGEST - len("memory_short_term_")
"""What is left of a cut list of roles where the longest prefix stands before it."""


@dataclass(frozen=True, slots=True)
class CollectionName:
    """What a collection's name says.

    Attributes:
        type: the memory type; `None` for knowledge and for what CrewAI does not name so.
        crew: the crew, by its roles or by Kasal's id; `None` where the name gives none.
        is_knowledge: whether it holds knowledge: texts that a user gave, no memory.
        is_cut: whether CrewAI cut the name, so that several crews may share the collection.
    """

    type: MemoryType | None
    crew: str | None = None
    is_knowledge: bool = False
    is_cut: bool = False

    @property
    def is_crewais(self) -> bool:
        """Whether CrewAI or Kasal names collections so."""
        return self.type is not None or self.is_knowledge


def read_name(name: str) -> CollectionName:
    """Read a collection's name, of any generation.

    ``short_term`` and ``entities`` are those of CrewAI 0.74 to 0.186, ``memory_TYPE_ROLES`` of
    0.193 to 1.9, ``CREW_TYPE`` those that Kasal makes.
    """
    if name == _KNOWLEDGE or name.startswith(_KNOWLEDGE + "_"):
        return CollectionName(None, is_knowledge=True)
    if name in _SPELLINGS:
        return CollectionName(_SPELLINGS[name])
    for spelling, memory_type in _SPELLINGS.items():
        rest = name.removeprefix(_PREFIX + spelling)
        if rest != name and (not rest or rest.startswith("_")):
            is_cut = len(name) >= LONGEST
            return CollectionName(memory_type, _crew(rest[1:], is_cut=is_cut), is_cut=is_cut)
    for spelling, memory_type in _SPELLINGS.items():
        crew = name.removesuffix("_" + spelling)
        if crew not in {name, "", _PREFIX.rstrip("_")}:
            return CollectionName(memory_type, crew)
    return CollectionName(None)


def _crew(roles: str, *, is_cut: bool) -> str | None:
    """Name a crew alike in all of its collections, however much of its roles each had room for."""
    if not is_cut:
        return roles or None
    shortest = roles[:_SHORTEST_CUT]
    return shortest if shortest[-1].isalnum() else shortest[:-1] + "z"
