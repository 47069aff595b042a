from __future__ import annotations

import pytest

from memctl.backends.base import Access
from memctl.testing.contract import BackendContract
from memctl.testing.suite import SECRET

from ..small_store import Server, SmallStore


class TestSmallStore(BackendContract):
    """A store that holds two memory types only keeps every law."""

    @pytest.fixture
    def new_place(self, monkeypatch):
        monkeypatch.setattr(SmallStore, "server", Server())
        values = SmallStore.info.parse_settings({"host": "host", "database": "db"})
        with SmallStore(
            values, read_secret=lambda _: SECRET, access=Access(writable=True)
        ) as backend:
            yield backend
