from __future__ import annotations

import pytest

from memctl.backends.base import Access
from memctl.backends.memory import MemoryInProcess
from memctl.testing.contract import BackendContract
from memctl.testing.suite import SECRET


class TestMemory(BackendContract):
    @pytest.fixture
    def backend(self):
        with MemoryInProcess(
            {}, read_secret=lambda _: SECRET, access=Access(writable=True)
        ) as backend:
            yield backend
