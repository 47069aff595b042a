"""Recognises CrewAI's memory by its files, in every generation; reads no record and needs no SDK.

`find_layout` says what lies in one directory, `find_layouts` searches below one, and `places` knows
where CrewAI and Kasal put their directories on this machine.
"""

from __future__ import annotations

from .layout import Kind, Layout, Part, find_layout, find_layouts
from .names import CollectionName, read_name

__all__ = [
    "CollectionName",
    "Kind",
    "Layout",
    "Part",
    "find_layout",
    "find_layouts",
    "read_name",
]
