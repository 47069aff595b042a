from __future__ import annotations

import pytest

from memctl.model.memory_type import MemoryType
from memctl.testing.contract import BackendContract

from .opening import make_store, open_store

ALL_TYPES = tuple(MemoryType)


class TestStandardEndpoint(BackendContract):
    @pytest.fixture
    def backend(self, sandbox):
        with make_store(sandbox, types=ALL_TYPES) as backend:
            yield backend


class TestReopened(BackendContract):
    """A connection of its own reads what another one wrote."""

    @pytest.fixture
    def backend(self, sandbox):
        self.opened = []
        with make_store(sandbox, types=ALL_TYPES) as backend:
            self.sandbox = sandbox
            yield backend
        for each in self.opened:
            each.close()

    def reread(self, backend):  # noqa: ARG002 - another one reads
        self.opened.append(open_store(self.sandbox, writable=False))
        return self.opened[-1]
