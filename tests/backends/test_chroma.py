from __future__ import annotations

import pytest

from memctl.backends.base import SetupRequest
from memctl.model.memory_type import MemoryType

from ..conftest import open_backend
from .contract import BackendContract


class TestChroma(BackendContract):
    @pytest.fixture
    def backend(self, tmp_path):
        with open_backend("chroma", tmp_path / "store", writable=True) as backend:
            for step in backend.plan_setup(SetupRequest(tuple(MemoryType))):
                step.do()
            yield backend
