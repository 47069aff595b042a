"""What the names of CrewAI's Chroma collections tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ...model.memory_type import MemoryType

LONGEST: Final = 63
"""CrewAI 0.193 to 1.9 cuts the name of a collection to this many characters."""

_SPELLINGS: Final = {
    "short_term": MemoryType.SHORT_TERM,
    "long_term": MemoryType.LONG_TERM,
    "entities": MemoryType.ENTITY,
    "entity": MemoryType.ENTITY,
}
_PREFIX: Final = "memory_"
_KNOWLEDGE: Final = "knowledge"
_SHORTEST_CUT: Final = LONGEST - len("memory_short_term_")
"""The length of a cut list of roles after the longest prefix."""


@dataclass(frozen=True, slots=True)
class CollectionName:
    """What the name of a collection tells.

    Attributes:
        type: the memory type; `None` for knowledge and for names that CrewAI does not use.
        crew: the crew, by its roles or by Kasal's id; `None` if the name has none.
        is_knowledge: whether it holds knowledge, which is texts from the user and no memory.
        is_cut: whether CrewAI cut the name, so that several crews may share the collection.
    """

    type: MemoryType | None
    crew: str | None = None
    is_knowledge: bool = False
    is_cut: bool = False

    @property
    def is_crewais(self) -> bool:
        """Whether CrewAI or Kasal uses such names."""
        return self.type is not None or self.is_knowledge


def read_name(name: str) -> CollectionName:
    """Return what the name of a collection of any version tells.

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
    """Return the same crew for all its collections, however much of its roles each name holds."""
    if not is_cut:
        return roles or None
    shortest = roles[:_SHORTEST_CUT]
    return shortest if shortest[-1].isalnum() else shortest[:-1] + "z"
