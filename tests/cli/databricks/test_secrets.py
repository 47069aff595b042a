"""A service that repeats the credentials of a request in its errors; nothing of memctl does."""

from __future__ import annotations

import base64
import json
import sqlite3
from urllib.parse import quote

import pytest

from memctl import connect
from memctl.model.errors import NotPermitted
from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_records

from ...conftest import make_store
from .workspaces import API, ask

ME = "* /api/2.0/preview/scim/*"
LOOK = f"GET {API}/*"
ROWS = "* */scan"
WRITE = "POST */upsert-data"
REMOVE = "DELETE */delete-data"
MAKE = f"POST {API}/indexes"
DROP = f"DELETE {API}/indexes/*"
COMMANDS = [
    (("verify", "-p", "p"), [ME, LOOK]),
    (("verify", "--deep", "-p", "p"), [ROWS]),
    (("verify", "--probe", "-p", "p"), [WRITE, REMOVE]),
    (("stats", "-p", "p"), [ME, ROWS]),
    (("records", "list", "-p", "p"), [ME, ROWS]),
    (("search", "--like", "ID", "--type", "entity", "-p", "p"), [ME, ROWS]),
    (("clear", "--all", "--yes", "-p", "p"), [ME, ROWS, REMOVE]),
    (("backup", "p"), [ROWS]),
    (("migrate", "p", "ARCHIVE"), [ROWS]),
    (("migrate", "FOUR", "p"), [ME, ROWS]),
    (("migrate", "MORE", "p"), [WRITE]),
    (("diff", "FOUR", "p"), [ROWS]),
    (("setup", "databricks", "--name", "p"), [ME, LOOK]),
    (("setup", "databricks", "--name", "q", "--suffix", "x"), [MAKE]),
    (("index", "delete", "entity", "--yes", "-p", "p"), [DROP]),
    (("index", "empty", "entity", "--yes", "-p", "p"), [ROWS, REMOVE]),
    (("index", "empty", "entity", "--recreate", "--yes", "-p", "p"), [DROP]),
]
CASES = [(command, pattern) for command, patterns in COMMANDS for pattern in patterns]


def written(home):
    """All that memctl keeps, database pages of deleted rows included."""
    return b"".join(each.read_bytes() for each in sorted(home.rglob("*")) if each.is_file())


def assert_is_nowhere(secret, *texts):
    encoded = base64.b64encode(f"got Bearer {secret}".encode()).decode()
    within = encoded[len("got Bearer ") * 4 // 3 + 1 : -4]
    for text in texts:
        for spelling in (secret, quote(secret, safe=""), within, secret[: len(secret) // 2]):
            assert spelling not in text


@pytest.fixture
def store(setup, memctl, archive_of_four):
    """A workspace's store of the profile `p`, with memory in it."""
    setup("--name", "p")
    assert memctl("migrate", archive_of_four, "p").exit_code == 0


@pytest.fixture
def told(workspace, memctl, home, tmp_path, archive_of_four):
    """Run a command that must fail; give all that it printed and logged, and all that it kept."""
    records = make_records(30, group_id="default", type=MemoryType.ENTITY)[20:]
    named = {
        "ARCHIVE": f"archive:{tmp_path / 'new'}",
        "FOUR": archive_of_four,
        "MORE": f"archive:{make_store('archive', tmp_path / 'more', records)}",
    }

    def run(command, pattern, *flags, stdin=None):
        log = tmp_path / "log"
        workspace.fault(pattern, "echo", status=403, times=0)
        words = [named.get(each, each) for each in command]
        ran = memctl(*words, *flags, "--timeout", "2", "--log-file", log, stdin=stdin)
        assert ran.exit_code, ran.stdout
        shown = ran.stdout + ran.stderr + log.read_text()
        assert "***" in shown
        return shown, written(home).decode("latin-1")

    return run


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(("command", "pattern"), CASES, ids=str)
def test_a_token_that_the_service_repeats_is_told_nowhere(workspace, told, command, pattern):
    for form in ("--json", "-vv"):
        assert_is_nowhere(workspace.token, *told(command, pattern, form))


@pytest.mark.usefixtures("store")
def test_the_journal_tells_what_the_service_said_without_the_token(workspace, memctl, home):
    workspace.fault(REMOVE, "echo", status=403, times=0)
    memctl("clear", "--all", "--yes", "--no-backup", "-p", "p")

    (database,) = home.glob("*.db")
    with sqlite3.connect(database) as connection:
        details = [each for (each,) in connection.execute("SELECT detail FROM steps")]

    assert any("no: Bearer ***" in str(each) for each in details)
    assert_is_nowhere(workspace.token, str(details), memctl("history", "--json").stdout)


@pytest.mark.parametrize("pattern", ["* /oidc/*", ROWS, ME])
def test_neither_a_client_secret_nor_a_minted_token_is_told(
    setup, workspace, told, monkeypatch, pattern
):
    setup("--name", "p", "--client-id", workspace.client_id)
    monkeypatch.delenv("MEMCTL_DATABRICKS_TOKEN")
    monkeypatch.setenv("MEMCTL_DATABRICKS_CLIENT_SECRET", workspace.client_secret)

    shown, kept = told(("stats", "-p", "p"), pattern, "-vv")

    # Of `Basic base64(CLIENT:SECRET)` and of a token that nobody but the service knows.
    login = base64.b64encode(f"{workspace.client_id}:{workspace.client_secret}".encode()).decode()
    for text in (shown, kept):
        assert login[-16:-4] not in text
        assert workspace.client_secret not in text
    assert "no: Bearer ***" in shown or "no: Basic " in shown


@pytest.mark.usefixtures("store")
def test_a_token_of_standard_input_is_told_nowhere(workspace, told):
    command = ("stats", "-p", "p", "--user-token-stdin")

    texts = told(command, ME, "--json", stdin=f"{workspace.user_token}\n")

    assert_is_nowhere(workspace.user_token, *texts)
    assert_is_nowhere(workspace.token, *texts)


@pytest.mark.usefixtures("store")
def test_an_exception_of_the_library_tells_no_token(workspace):
    workspace.fault(ROWS, "echo", status=403, times=0)

    with pytest.raises(NotPermitted) as raised, connect("p") as memory:
        memory.count(crew_id="a")

    error = raised.value
    assert "***" in error.message
    assert_is_nowhere(workspace.token, f"{error} {error.args} {vars(error)}")


@pytest.mark.usefixtures("store")
def test_memory_that_holds_the_token_is_copied_as_it_is_and_shown_without(
    workspace, memctl, tmp_path
):
    row = {"id": "x", "embedding": [1, 0, 0, 0], "group_id": "default", "crew_id": "c"}
    row |= {"content": f"my token is {workspace.token}"}
    index = "ml.agents.short_term_memory"
    ask(workspace, "POST", f"{API}/indexes/{index}/upsert-data", {"inputs_json": json.dumps([row])})

    listed = memctl("records", "list", "-p", "p", "--jsonl")
    assert memctl("migrate", "p", f"archive:{tmp_path / 'copy'}").exit_code == 0
    copied = memctl("records", "list", "--at", f"archive:{tmp_path / 'copy'}", "--jsonl")

    assert "my token is ***" in listed.stdout
    assert f"my token is {workspace.token}" in copied.stdout
