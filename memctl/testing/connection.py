"""The laws of an open connection: its health, its secrets, its errors, what it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ..model.backend.capability import Capability
from ..model.errors import MemctlError, UnsupportedOperation
from .suite import SECRET, Suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..backends.base import MemoryBackend, WriteResult
    from ..model.memory_type import MemoryType
    from .suite import MakeRecord, MakeRecords


class ConnectionLaws(Suite):
    """What a connection says of itself is so."""

    def test_a_healthy_store_has_no_problem(
        self, backend: MemoryBackend, many: MakeRecords
    ) -> None:
        checks = self.fill(backend, many(6)).check()

        assert checks
        assert [check for check in checks if check.status == "problem"] == []

    def test_no_secret_in_repr_or_location(self, backend: MemoryBackend) -> None:
        assert SECRET not in repr(backend)
        assert SECRET not in backend.location

    def test_close_twice_is_fine(self, backend: MemoryBackend) -> None:
        backend.close()
        backend.close()

    def test_what_is_undeclared_raises(
        self, backend: MemoryBackend, memory_type: MemoryType, one: MakeRecord
    ) -> None:
        found = self.reread(backend)
        attempts: dict[Capability, Callable[[], WriteResult]] = {
            Capability.UPSERT: lambda: found.upsert(memory_type, [one(1)]),
            Capability.DELETE: lambda: found.delete(memory_type, ["x"]),
        }
        for capability, attempt in attempts.items():
            if capability not in found.capabilities:
                with pytest.raises(UnsupportedOperation) as error:
                    attempt()
                assert error.value.hint
        for capability in set(Capability) - found.capabilities:
            with pytest.raises(UnsupportedOperation):
                found.require(capability)

    def test_a_connection_can_do_no_more_than_the_backend_declares(
        self, backend: MemoryBackend
    ) -> None:
        assert backend.capabilities <= backend.info.capabilities

    def test_every_error_is_a_memctl_error(
        self, backend: MemoryBackend, memory_type: MemoryType
    ) -> None:
        both: tuple[dict[str, Any], ...] = ({"after": "nonsense"}, {"until": "nonsense"})
        for arguments in both:
            with pytest.raises(MemctlError) as error:
                list(backend.scan(memory_type, **arguments))
            assert SECRET not in f"{error.value!r} {error.value.message} {error.value.hint}"
