"""A Databricks workspace for tests: the sandbox, served by a thread of the test's own process.

Import the fixture where it is needed, once per folder, in its ``conftest.py``::

    from ..workspace import sandbox  # noqa: F401 - a fixture

A test then has a fresh workspace with the catalog `ml` and the schema `ml.agents` in it::

    def test_something(sandbox):
        sandbox.url, sandbox.token                     # the administrator's
        sandbox.client_id, sandbox.client_secret       # the service principal, an administrator
        sandbox.user_token, sandbox.obo_token          # a user without any right
        sandbox.fault("POST */upsert-data", "status", status=429, retry_after=0, skip=1, times=2)
        sandbox.fault("POST */upsert-data", "drop", after=True)     # the effect stays
        sandbox.fault("* *", "hang") / "slow" (seconds=) / "malformed" / "partial" (rows=) / "stale"
        sandbox.clear()                                # no faults, no requests noted
        sandbox.requests(), sandbox.violations()       # method, path, status / reason
        sandbox.advance(3600)                          # its clock: things come up, tokens expire
        sandbox.put(endpoint="ep", state="YELLOW_STATE")
        sandbox.put(index="ml.agents.short_term", state="OFFLINE_FAILED")
        sandbox.issue_token("user", lifetime=60, is_on_behalf=True)
        sandbox.delay(80)                              # milliseconds for each answer

The fixture fails a test whose requests broke the rules of the API; ``sandbox.clear()`` forgives.
Options other than the defaults are given by ``@pytest.mark.parametrize("sandbox", [dict(...)],
indirect=True)``, or by starting a `Sandbox` in the test; `memctl.sandbox.options` lists them.
"""

from __future__ import annotations

import pytest

from memctl.sandbox.server import Sandbox


@pytest.fixture
def sandbox(request):
    """Serve a workspace of the test's own."""
    with Sandbox(**getattr(request, "param", {})) as serving:
        yield serving
        assert serving.violations() == []
