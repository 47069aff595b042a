"""Whoever changes a workspace is told first as whom, and each side of a copy is who it is to be."""

from __future__ import annotations

import pytest

from ..terminal import Conversation
from .workspaces import INDEXES, make_rows, put_rows

ADMIN = "admin@sandbox.test"
SHORT = INDEXES["short_term"]


@pytest.fixture
def filled(setup, workspace, memctl, tmp_path):
    """Make a profile whose index holds three rows, and a backup of them; give the backup's id."""
    setup("-t", "short_term")
    put_rows(workspace, SHORT, make_rows(3))
    return memctl("backup", "databricks", "--json").data["id"]


PREVIEWS = {
    "setup": ("setup", "databricks", "--dimension", "4", "-t", "short_term", "--dry-run"),
    "clear": ("clear", "research", "--dry-run"),
    "migrate from": ("migrate", "databricks", "archive:{new}", "--dry-run"),
    "migrate to": ("migrate", "archive:{backup}", "databricks", "--dry-run"),
    "backup": ("backup", "databricks", "--dry-run"),
    "restore": ("restore", "{id}", "databricks", "--dry-run"),
    "index create": ("index", "create", "entity", "--dry-run"),
    "index empty": ("index", "empty", "short_term", "--dry-run"),
    "index made anew": ("index", "empty", "short_term", "--recreate", "--dry-run"),
    "index delete": ("index", "delete", "short_term", "--dry-run"),
    "verify": ("verify",),
}


def logins(data):
    """Find what a document says of logins, wherever it says so."""
    found = [data[key] for key in ("login", "identity") if data.get(key)]
    inner = [*data.get("stores", []), data.get("source", {}), data.get("target", {})]
    return found + [each["login"] for each in inner if each.get("login")]


def test_every_preview_says_as_whom_and_where(filled, workspace, memctl, tmp_path, home):
    places = {"new": tmp_path / "new", "backup": home / "backups" / filled, "id": filled}
    told, shown = {}, {}

    for name, words in PREVIEWS.items():
        command = [each.format(**places) for each in words]
        document = memctl(*command, "--json")
        assert document.exit_code == 0, (name, document.stdout)
        told[name] = logins(document.data)
        screen = memctl(*command)
        shown[name] = screen.stdout + screen.stderr

    login = {"host": workspace.url, "user": ADMIN, "method": "access token"}
    assert told == {name: [login] for name in PREVIEWS}
    for name, text in shown.items():
        assert ADMIN in text, name
        assert "access token" in text, name
        assert workspace.url in text, name


def test_a_setup_says_as_whom_before_it_makes_anything_and_before_it_takes_it_back(
    workspace, memctl
):
    made = memctl("setup", "databricks", "--dimension", "4", "-t", "entity", "--json")
    taken_back = memctl("setup", "databricks", "--rollback", "--dry-run")

    assert made.exit_code == 0
    assert ADMIN in made.stderr
    assert ADMIN in taken_back.stdout


def test_the_question_comes_after_as_whom(filled, workspace):
    with Conversation("clear", "research") as talk:
        talk.read_until(f"{ADMIN}, by access token")
        talk.read_until("research")
        talk.type("no")
        talk.end()

    assert talk.exit_code == 1


def test_a_copy_between_two_logins_uses_each_for_its_own_side(
    filled, workspace, memctl, monkeypatch, tmp_path
):
    client = {"client_id": workspace.client_id, "client_secret": workspace.client_secret}
    profiles = {"boss": {"token": workspace.token}, "job": client}
    lines = [f"[DEFAULT]\nhost = {workspace.url}\ntoken = {workspace.user_token}\n"]
    for name, values in profiles.items():
        written = "".join(f"{key} = {value}\n" for key, value in values.items())
        lines.append(f"[{name}]\nhost = {workspace.url}\n{written}")
    (tmp_path / ".databrickscfg").write_text("".join(lines))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("MEMCTL_DATABRICKS_TOKEN")
    words = ("setup", "databricks", "--dimension", "4", "-t", "short_term")
    for name in profiles:
        suffix = ("--suffix", name) if name == "job" else ()
        made = memctl(*words, "--name", name, "--auth-profile", name, *suffix)
        assert made.exit_code == 0, made.stderr
    workspace.clear()

    ran = memctl("migrate", "boss", "job", "--json")

    assert ran.exit_code == 0, ran.stdout
    users = [ran.data[side]["login"]["user"] for side in ("source", "target")]
    assert users == [ADMIN, workspace.client_id]
    assert {*workspace.callers()} == {None, *users}
