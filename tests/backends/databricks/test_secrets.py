"""No secret is in anything that memctl prints or logs, whatever goes wrong."""

from __future__ import annotations

import pytest

from memctl.testing.records import make_records

from ...conftest import start_memctl
from .opening import INDEX, SHORT_TERM, make_store

TOKEN, SECRET, USER = "dapi-canary-token", "canary-secret", "canary-user-token"
BROKEN = [
    None,
    {"pattern": "GET /api/2.0/preview/*", "kind": "malformed"},
    {"pattern": "* */scan", "kind": "status", "status": 429, "times": 0},
    {"pattern": "* */scan", "kind": "status", "status": 500, "times": 0},
    {"pattern": "* */indexes/*", "kind": "drop", "times": 0},
    {"pattern": "* */indexes/*", "kind": "status", "status": 403, "times": 0},
]


def run(*arguments, **variables):
    """Run memctl as a process of its own, where nothing but memctl configures logging."""
    process = start_memctl(*arguments, env=variables)
    stdout, stderr = process.communicate()
    return process.returncode, stdout, stderr


@pytest.fixture
def environment(sandbox, home, memctl, tmp_path):
    with make_store(sandbox) as store:
        store.upsert(SHORT_TERM, make_records(3, group_id="default"))
    settings = {"workspace_url": sandbox.url, "dimension": "4", "short_term_index": INDEX}
    given = [part for name, each in settings.items() for part in ("--set", f"{name}={each}")]
    memctl("config", "create", "p", "--backend", "databricks", *given)
    return {"MEMCTL_HOME": str(home), "HOME": str(tmp_path), "NO_COLOR": "1", "PATH": ""}


@pytest.fixture
def right_token(sandbox, monkeypatch):
    monkeypatch.setenv("MEMCTL_DATABRICKS_TOKEN", sandbox.token)


@pytest.mark.parametrize("command", ["stats", "verify"])
def test_a_wrong_secret_is_shown_nowhere(sandbox, environment, tmp_path, command):
    log = tmp_path / "log"
    secrets = {
        "MEMCTL_DATABRICKS_TOKEN": TOKEN,
        "MEMCTL_DATABRICKS_CLIENT_SECRET": SECRET,
        "MEMCTL_DATABRICKS_CLIENT_ID": sandbox.client_id,
        "MEMCTL_USER_TOKEN": USER,
    }

    code, stdout, stderr = run(
        command, "-p", "p", "-vv", "--log-file", log, **environment, **secrets
    )

    assert code == 5
    assert "canary" not in stdout + stderr + log.read_text()
    assert "GET /api/2.0/preview/scim/v2/Me 403" in log.read_text()


@pytest.mark.usefixtures("environment", "right_token")
@pytest.mark.parametrize("fault", BROKEN, ids=str)
def test_a_right_secret_is_shown_nowhere(sandbox, memctl, tmp_path, fault):
    log = tmp_path / "log"
    if fault is not None:
        sandbox.fault(**fault)

    ran = memctl("stats", "-p", "p", "-vv", "--timeout", "1", "--log-file", log)

    shown = ran.stdout + ran.stderr + log.read_text()
    assert ran.exit_code in ({0} if fault is None or "times" not in fault else {5, 6})
    assert sandbox.token not in shown
    assert "Bearer" not in shown


@pytest.mark.usefixtures("environment", "right_token")
def test_requests_are_logged_without_what_is_in_them(memctl):
    ran = memctl("records", "list", "-p", "p", "-vv", "--jsonl")

    assert len(ran.stdout.splitlines()) == 3
    assert f"GET /api/2.0/vector-search/indexes/{INDEX} 200" in ran.stderr
    assert "/scan 200" in ran.stderr
    assert "memory number" not in ran.stderr


def test_nothing_but_the_answer_is_on_standard_output(sandbox, environment):
    secrets = {"MEMCTL_DATABRICKS_TOKEN": sandbox.token}

    code, stdout, stderr = run("stats", "-p", "p", "--json", **environment, **secrets)

    assert code == 0, stderr
    assert stdout.startswith("{")
    assert stdout.count("\n{") == 0
    assert stderr == ""
