"""Opens memctl's own state: the profiles and the journal; a store that is named needs neither."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..store.journal import Journal
    from ..store.profiles import Profiles


@contextmanager
def open_profiles() -> Iterator[Profiles]:
    """Open the profiles of every group."""
    from ..store.database import open_state
    from ..store.profiles import Profiles

    with open_state() as state:
        yield Profiles(state)


@contextmanager
def open_journal() -> Iterator[Journal]:
    """Open the journal of operations."""
    from ..store.database import open_state
    from ..store.journal import Journal

    with open_state() as state:
        yield Journal(state)
