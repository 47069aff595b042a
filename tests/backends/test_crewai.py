from __future__ import annotations

from pathlib import Path

import pytest

from memctl.model.backend.capability import Capability
from memctl.model.errors import UnsupportedOperation
from memctl.model.memory_type import MemoryType
from memctl.testing.contract import BackendContract
from memctl.testing.records import make_record

from ..conftest import contents, open_backend
from ..formats.crewai.stores import unpack


class TestUnifiedMemory(BackendContract):
    """What was written is all that the next run needs."""

    @pytest.fixture
    def new_place(self, tmp_path):
        with open_backend("crewai", tmp_path / "new" / "store", writable=True) as backend:
            yield backend

    @pytest.fixture
    def other_place(self, tmp_path):
        with open_backend("crewai", tmp_path / "new" / "other") as backend:
            yield backend

    def traces(self, backend):
        return contents(Path(backend.settings["path"]).parents[1])

    def reread(self, backend):
        backend.forget()
        return backend


@pytest.mark.parametrize("name", ["0.165.1-a", "1.9.3-a", "1.9.3-b-opened"])
def test_memory_of_crewai_up_to_1_9_is_read_and_cleared_whole_only(tmp_path, name):
    with open_backend("crewai", unpack(name, tmp_path), writable=True) as backend:
        assert backend.capabilities == {
            Capability.READ,
            Capability.SETUP,
            Capability.CLEAR_WHOLE,
        }
        with pytest.raises(UnsupportedOperation, match="upsert") as refused:
            backend.upsert(MemoryType.SHORT_TERM, [make_record(1)])
        assert "memctl migrate" in refused.value.hint
        with pytest.raises(UnsupportedOperation, match="delete"):
            backend.delete(MemoryType.SHORT_TERM, ["x"])


def test_a_read_only_connection_writes_nothing(tmp_path):
    with open_backend("crewai", unpack("1.15.30-a", tmp_path)) as backend:
        assert backend.capabilities == {Capability.READ}
        with pytest.raises(UnsupportedOperation):
            backend.upsert(MemoryType.UNIFIED, [make_record(1)])
