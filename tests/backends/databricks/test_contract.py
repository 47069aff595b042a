from __future__ import annotations

import pytest

from memctl.backends.provisioning import ProvisionRequest
from memctl.model.memory_type import MemoryType
from memctl.testing.contract import BackendContract

from .opening import open_store


class TestStandardEndpoint(BackendContract):
    @pytest.fixture
    def new_place(self, sandbox):
        names = {"endpoint": "memory", "document_endpoint": "documents"}
        with open_store(sandbox, **names) as backend:
            yield backend

    @pytest.fixture
    def other_place(self, sandbox):
        with open_store(sandbox, indexes={MemoryType.ENTITY: "ml.agents.other"}) as backend:
            yield backend

    def setup_steps(self, backend, types):
        request = ProvisionRequest({"wait_timeout": 60})
        return [step for each in types for step in backend.provision_index(each, request).steps]

    def traces(self, backend):
        service = backend.service
        answer = service.request("GET", "/endpoints", what="the endpoints")
        return sorted(
            (
                endpoint["name"],
                sorted(each["name"] for each in service.indexes_on(endpoint["name"])),
            )
            for endpoint in answer.get("endpoints", [])
        )


class TestReopened(TestStandardEndpoint):
    """A connection of its own reads what another one wrote."""

    @pytest.fixture
    def new_place(self, sandbox):
        self.opened = []
        with open_store(sandbox, endpoint="memory", document_endpoint="memory") as backend:
            self.sandbox = sandbox
            yield backend
        for each in self.opened:
            each.close()

    def reread(self, backend):  # noqa: ARG002 - another one reads
        self.opened.append(open_store(self.sandbox, writable=False))
        return self.opened[-1]
