"""Recognises CrewAI's memory of every version by its files, without any SDK.

`find_storage` reads one directory, `find_storages` searches below one, and `directories` lists
where CrewAI and Kasal put theirs on this machine.
"""

from __future__ import annotations

from .names import CollectionName, read_name
from .storage import Kind, Part, Storage, find_storage, find_storages

__all__ = [
    "CollectionName",
    "Kind",
    "Part",
    "Storage",
    "find_storage",
    "find_storages",
    "read_name",
]
