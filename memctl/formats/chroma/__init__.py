"""Reads the directories that chromadb keeps, at file level and without chromadb; never writes.

A store is one SQLite file and one folder of HNSW files per collection. `open_store` gives a
`ChromaStore`; everything else here is what its methods return.
"""

from __future__ import annotations

from .catalog import StoredCollection
from .inspect import CollectionFacts, StoreFacts
from .scan import RowBatch
from .store import ChromaStore, open_store
from .tally import DayCount

__all__ = [
    "ChromaStore",
    "CollectionFacts",
    "DayCount",
    "RowBatch",
    "StoreFacts",
    "StoredCollection",
    "open_store",
]
