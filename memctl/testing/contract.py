"""The laws that every backend keeps; a backend's own test file is a fixture and a subclass.

A subclass gives a fixture `backend`: a writable connection to an empty store that is set up for all
memory types, and may override `reread`, which gives a connection that reads what was written.
"""

from __future__ import annotations

from .connection import ConnectionLaws
from .reading import ReadingLaws
from .writing import WritingLaws


class BackendContract(ReadingLaws, WritingLaws, ConnectionLaws):
    """Laws of DESIGN section 3, for one backend."""
