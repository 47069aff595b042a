"""Opens memctl's own state: the profiles and the journal; a store that is named needs neither."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..model.profile import check_owner_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..store.journal import Journal
    from ..store.profiles import Profiles


@contextmanager
def open_profiles(group: str | None = None) -> Iterator[Profiles]:
    """Open the profiles of every group, once it is clear that a group of this name can be."""
    if group is not None:
        check_owner_id("group", group)
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
