from __future__ import annotations

import json
import threading
from base64 import b64encode
from itertools import count
from urllib.parse import quote, urlsplit

import pytest

from memctl.testing.records import make_record, make_records

from ..chroma_proxy import HangUp, Reply, behind, chroma_proxy, wants_token
from ..chroma_server import chroma_run, fill_server, free_port, open_server
from ..conftest import make_store, start_memctl
from .stores import error_of, read_store

CANARY = "c4n4ry-t0ken-8f1b"
SPICED = "c4n4ry/t0ken+8f1b=="
CREWS = [
    *make_records(12),
    *(make_record(20 + n, crew_id="research2") for n in range(3)),
    *(make_record(30 + n, group_id="beta") for n in range(3)),
]


@pytest.fixture
def proxied(chroma_server):
    """The URL of a proxy before the server, and the proxy."""
    with chroma_proxy(chroma_server) as proxied:
        yield proxied


@pytest.fixture
def source(tmp_path):
    """An archive of eighteen records of two groups and three crews, as a location."""
    return f"archive:{make_store('archive', tmp_path / 'source', CREWS)}"


def place_options(url: str) -> list[str]:
    """Give the options of `setup` that name a server's database."""
    parts = urlsplit(url)
    tenant, database = parts.path.strip("/").split("/")
    options = ["--host", parts.hostname, "--port", str(parts.port)]
    return [*options, "--tenant", tenant, "--database", database]


@pytest.fixture
def prod(memctl, database):
    """The profile `prod` of group acme, whose store is an empty database; its URL."""
    ran = memctl("setup", "chroma", *place_options(database), "--name", "prod", "-g", "acme")
    assert ran.exit_code == 0, ran.stderr
    return database


def read_server(url: str):
    """Read every record of a server's database: id -> record."""
    with open_server(url) as backend:
        return {
            record.id: record
            for memory_type in backend.describe().types
            for batch in backend.scan(memory_type)
            for record in batch.records
        }


def contents(records) -> dict[str, tuple[str | None, str | None, str]]:
    return {each.id: (each.group_id, each.crew_id, each.content) for each in records}


# Secrets


@pytest.fixture
def via(memctl, proxied, prod, monkeypatch):
    """The proxy of the profile `via`, for which a token is given."""
    origin, proxy = proxied
    url = behind(origin, prod)
    assert memctl("setup", "chroma", *place_options(url), "--name", "via").exit_code == 0
    monkeypatch.setenv("MEMCTL_CHROMA_TOKEN", SPICED)
    return proxy


@pytest.mark.parametrize("status", [400, 409, 500])
@pytest.mark.parametrize(
    "spell", [str, quote, lambda each: b64encode(f"x {each}".encode()).decode()]
)
def test_a_token_that_the_server_says_back_is_told_nowhere(memctl, via, home, status, spell):
    via.fault = lambda asked: Reply(status, spell(asked.headers["Authorization"]).encode())

    for command in (
        ("verify", "-p", "via"),
        ("clear", "--all", "-y", "-p", "via"),
        ("backup", "via"),
    ):
        ran = memctl(*command, "-vv", "--timeout", "1")
        shown = ran.stdout + ran.stderr + memctl("history", "--json").stdout
        assert ran.exit_code
        for part in (SPICED, quote(SPICED), spell(f"Bearer {SPICED}")[14:22]):
            assert part not in shown
            assert part.encode() not in b"".join(each.read_bytes() for each in home.glob("*.db*"))


# A day's work


def test_setup_makes_the_collections_and_runs_twice(memctl, database):
    setup = ("setup", "chroma", *place_options(database), "--name", "prod", "--json")

    first, second = memctl(*setup), memctl(*setup)

    assert first.exit_code == second.exit_code == 0, second.stdout
    assert first.data["location"] == f"chroma:{database}"
    outcomes = {step["outcome"] for step in second.data["steps"]}
    assert outcomes <= {"found", "done"}
    stats = memctl("stats", "-p", "prod", "--json").data
    assert len(stats["collections"]) == 4


def test_setup_makes_a_database_that_is_not_there_and_takes_it_back(memctl, chroma_server, home):
    url = f"{chroma_server}/default_tenant/by-setup"
    memctl("config", "create", "prod", "--backend", "chroma", "--set", "path=/elsewhere")

    failed = memctl("setup", "chroma", *place_options(url), "--name", "prod", "--json")
    dry = memctl("setup", "chroma", *place_options(url), "--name", "other", "-n", "--json")
    made = memctl("setup", "chroma", *place_options(url), "--name", "other", "--json")

    assert failed.exit_code == 4
    assert dry.exit_code == 0, dry.stdout
    assert dry.data["steps"][0]["name"] == "create database by-setup"
    assert made.exit_code == 0, made.stdout
    assert read_server(url) == {}


def test_setup_wants_a_directory_or_a_server(memctl, tmp_path):
    for options in (
        ("--path", tmp_path, "--host", "h"),
        ("--port", "8000"),
        ("--host", "http://h:1"),
        ("--host", "h", "--port", "70000"),
    ):
        ran = memctl("setup", "chroma", *options, "--json")

        assert ran.exit_code == 4, options
        assert error_of(ran)["code"] == "invalid_setting"


def test_every_command_works_on_a_server(memctl, prod, source, tmp_path):
    for arguments in (
        ("migrate", source, f"chroma:{prod}"),
        ("migrate", source, f"chroma:{prod}"),
        ("verify", "-p", "prod", "-g", "acme", "--strict"),
        ("verify", "-p", "prod", "-g", "acme", "--probe"),
        ("migrate", f"chroma:{prod}", f"chroma:{tmp_path}/copy"),
    ):
        ran = memctl(*arguments, "--json")
        assert ran.exit_code == 0, ran.stdout
    stats = memctl("stats", "--at", f"chroma:{prod}", "--json").data
    listed = memctl("records", "list", "--at", f"chroma:{prod}", "--limit", "5", "--json").data
    shown = memctl("records", "show", "record-00003", "-p", "prod", "-g", "acme", "--json").data
    like = ("--like", "record-00003", "--limit", "2")
    searched = memctl("search", *like, "-p", "prod", "-g", "acme", "--json").data

    assert stats["total"] == 18
    assert len(listed["records"]) == 5
    assert shown["record"]["content"] == "memory number 3"
    assert searched["hits"]
    assert contents(read_store("chroma", tmp_path / "copy").values()) == contents(CREWS)


def test_clear_and_restore_bring_a_crew_back_to_its_server(memctl, prod, source):
    memctl("migrate", source, "prod", "-g", "acme")
    before = contents(read_server(prod).values())

    cleared = memctl("clear", "research", "-p", "prod", "-g", "acme", "--yes", "--json")
    left = contents(read_server(prod).values())
    restored = memctl("restore", cleared.data["backup"], "--json")

    assert cleared.exit_code == 0, cleared.stdout
    assert {key for key, (group, crew, _) in before.items() if key not in left} == {
        each.id for each in CREWS if (each.group_id, each.crew_id) == ("acme", "research")
    }
    assert restored.exit_code == 0, restored.stdout
    assert restored.data["target"]["profile"] == "prod"
    assert contents(read_server(prod).values()) == before


def test_two_writers_of_one_server_exclude_each_other(memctl, prod, source, proxied):
    origin, proxy = proxied
    reached, released = threading.Event(), threading.Event()

    def fault(asked):
        if asked.path.endswith("/upsert"):
            reached.set()
            released.wait(30)

    proxy.fault = fault
    target = f"chroma:{behind(origin, prod)}"
    first = start_memctl("migrate", source, target, "--json")
    reached.wait(30)
    second = memctl("migrate", source, target, "--json")
    released.set()
    first.communicate()

    assert second.exit_code == 6
    assert error_of(second)["code"] == "store_locked"
    assert first.returncode == 0


def test_a_server_and_its_other_name_of_a_location_are_one_store(memctl, prod, source):
    ran = memctl("migrate", f"chroma:{prod}", "prod", "-g", "acme", "--json")

    assert ran.exit_code == 2
    assert "the same store" in error_of(ran)["message"]


def test_very_verbose_shows_each_request(memctl, prod):
    ran = memctl("stats", "-p", "prod", "-g", "acme", "-vv")

    assert "GET /api/v2/version 200 " in ran.stderr
    assert "/get 200 " in ran.stderr


# Tokens


@pytest.fixture
def guarded(memctl, proxied, database, monkeypatch):
    """The profile `prod` of a server that wants the token, which lies in the vault; the proxy."""
    origin, proxy = proxied
    proxy.fault = wants_token(CANARY)
    monkeypatch.setenv("MEMCTL_VAULT_PASSWORD", "open sesame")
    place = place_options(behind(origin, database))
    ran = memctl(
        "setup", "chroma", *place, "--name", "prod", "--token-stdin", "--vault", "--json",
        stdin=f"{CANARY}\n",
    )  # fmt: skip
    assert ran.exit_code == 0, ran.stdout
    return proxy


def test_a_token_of_the_vault_opens_the_server(memctl, guarded, source):
    migrated = memctl("migrate", source, "prod", "--json")
    shown = memctl("config", "show", "prod", "--json")

    assert migrated.exit_code == 0, migrated.stdout
    assert CANARY not in shown.stdout
    assert "token" not in shown.data["profile"]["settings"]


def test_a_restore_finds_the_profile_that_has_the_token(memctl, guarded, tmp_path):
    source = make_store("archive", tmp_path / "source", make_records(3, group_id="default"))
    memctl("migrate", f"archive:{source}", "prod")
    backup = memctl("backup", "prod", "-g", "default", "--json").data["id"]

    ran = memctl("restore", backup, "--json")

    assert ran.exit_code == 0, ran.stdout
    assert ran.data["target"]["profile"] == "prod"


def test_a_token_kept_for_one_server_is_not_sent_to_another(memctl, guarded, chroma_server):
    with chroma_proxy(chroma_server) as (elsewhere, other):
        port = urlsplit(elsewhere).port
        memctl("config", "update", "prod", "--set", f"port={port}")
        ran = memctl("stats", "-p", "prod", "--json")

        assert ran.exit_code == 5, ran.stdout
        assert [each for each in other.asked if "Authorization" in each.headers] == []


def test_no_token_is_printed_logged_or_left_in_a_file(memctl, guarded, source, home, tmp_path):
    log = tmp_path / "log.txt"
    faults = {
        "taken": guarded.fault,
        "refused": wants_token("another"),
        "said back": lambda _: Reply(500, f"you sent {CANARY}".encode()),
        "forbidden": lambda _: Reply(403, CANARY.encode()),
    }
    said = []
    for fault, words in (
        ("taken", ("migrate", source, "prod")),
        ("taken", ("clear", "research", "-p", "prod", "--yes", "--json")),
        ("refused", ("stats", "-p", "prod")),
        ("said back", ("verify", "-p", "prod")),
        ("said back", ("records", "list", "-p", "prod", "--json")),
        ("forbidden", ("backup", "prod", "-g", "default")),
    ):
        guarded.fault = faults[fault]
        ran = memctl(*words, "-vv", "--log-file", log)
        said += [ran.stdout, ran.stderr]

    assert "Traceback" in "".join(said)
    said.append(log.read_text())
    said += [each.read_bytes().decode(errors="replace") for each in files_below(home)]
    assert [each for each in said if CANARY in each] == []


def files_below(directory):
    return [each for each in directory.rglob("*") if each.is_file()]


def test_a_token_that_is_missing_or_wrong_ends_with_5(memctl, database, proxied, monkeypatch):
    origin, proxy = proxied
    proxy.fault = wants_token(CANARY)
    words = ("stats", "--at", f"chroma:{behind(origin, database)}", "--json")

    missing = memctl(*words)
    monkeypatch.setenv("MEMCTL_CHROMA_TOKEN", "wrong")
    wrong = memctl(*words)

    assert (missing.exit_code, error_of(missing)["code"]) == (5, "credential_missing")
    assert (wrong.exit_code, error_of(wrong)["code"]) == (5, "credential_rejected")


def test_a_location_with_a_password_is_refused_and_not_repeated(memctl, home):
    place = f"chroma:http://user:{CANARY}@127.0.0.1:8000"
    for words in (("stats", "--at", place), ("migrate", place, "chroma:x"), ("backup", place)):
        ran = memctl(*words, "--json", "-vv")

        assert ran.exit_code == 4, words
        assert CANARY not in ran.stdout + ran.stderr
    said = b"".join(each.read_bytes() for each in files_below(home))
    assert CANARY.encode() not in said


def test_a_token_for_a_directory_is_refused_and_nothing_is_made(memctl, tmp_path):
    ran = memctl(
        "setup", "chroma", "--path", tmp_path / "store", "--token-stdin", "--json", stdin="x\n"
    )

    assert ran.exit_code == 4, ran.stdout
    assert not (tmp_path / "store").exists()


# Faults


def test_a_server_that_refuses_or_hangs_ends_with_6(memctl, proxied, database):
    origin, proxy = proxied
    released = threading.Event()

    def fault(_):
        released.wait(30)

    proxy.fault = fault
    refusing = memctl("stats", "--at", f"chroma:http://127.0.0.1:{free_port()}", "--json")
    hanging = memctl(
        "stats", "--at", f"chroma:{behind(origin, database)}", "--timeout", "0.3", "--json"
    )
    released.set()

    assert (refusing.exit_code, error_of(refusing)["code"]) == (6, "unreachable")
    assert (hanging.exit_code, error_of(hanging)["code"]) == (6, "timed_out")


def test_verify_tells_why_a_server_can_not_be_reached(memctl):
    ran = memctl("verify", "--at", f"chroma:http://127.0.0.1:{free_port()}", "--json")

    assert ran.exit_code == 6
    assert ran.data["checks"][0]["status"] == "problem"


def test_a_server_of_another_version_ends_with_7(memctl, proxied, database):
    origin, proxy = proxied
    proxy.fault = lambda asked: (
        Reply(body=b'"0.5.5"') if asked.path == "/api/v1/version" else Reply(404, b"Not Found")
    )

    ran = memctl("stats", "--at", f"chroma:{behind(origin, database)}", "--json")

    assert ran.exit_code == 7
    assert "0.5.5" in error_of(ran)["message"]


def third(method_ends: str):
    """Tell the third request of a kind and all after it."""
    numbers = count(1)
    return lambda asked: asked.path.endswith(method_ends) and next(numbers) >= 3


@pytest.mark.parametrize("kind", ["before", "lost", "500"])
def test_a_migration_that_breaks_off_is_completed_by_running_it_again(
    memctl, proxied, database, source, kind
):
    origin, proxy = proxied
    is_third = third("/upsert")

    def fault(asked):
        if is_third(asked):
            if kind == "before":
                raise HangUp
            return Reply(500, b"overloaded")
        return None

    if kind == "lost":
        proxy.loses = is_third
    else:
        proxy.fault = fault
    words = ("migrate", source, f"chroma:{behind(origin, database)}", "--batch-size", "4", "--json")

    broken = memctl(*words)
    proxy.fault, proxy.loses = (lambda _: None), (lambda _: False)
    completed = memctl(*words)

    assert broken.exit_code in {6, 8}, broken.stdout
    assert completed.exit_code == 0, completed.stdout
    assert completed.data["resumed"]
    assert contents(read_server(database).values()) == contents(CREWS)


@pytest.mark.parametrize("kind", ["before", "lost"])
def test_a_clear_that_breaks_off_is_completed_by_running_it_again(memctl, proxied, database, kind):
    origin, proxy = proxied
    fill_server(database, CREWS)
    is_third = third("/delete")

    def fault(asked):
        if is_third(asked):
            raise HangUp

    if kind == "lost":
        proxy.loses = is_third
    else:
        proxy.fault = fault
    place = f"chroma:{behind(origin, database)}"
    words = (
        "clear",
        "research",
        "--at",
        place,
        "-g",
        "acme",
        "--yes",
        "--batch-size",
        "3",
        "--json",
    )

    broken = memctl(*words)
    proxy.fault, proxy.loses = (lambda _: None), (lambda _: False)
    completed = memctl(*words)

    assert broken.exit_code in {6, 8}, broken.stdout
    assert completed.exit_code == 0, completed.stdout
    kept = [each for each in CREWS if (each.group_id, each.crew_id) != ("acme", "research")]
    assert contents(read_server(database).values()) == contents(kept)


def test_a_migration_to_a_server_that_is_killed_is_completed_when_it_is_back(
    memctl, source, tmp_path
):
    port = free_port()
    place = f"http://127.0.0.1:{port}"
    is_third = third("/upsert")
    with chroma_proxy(place) as (origin, proxy):
        words = ("migrate", source, f"chroma:{origin}", "--batch-size", "4", "--json")
        with chroma_run(tmp_path / "server", port) as server:

            def fault(asked):
                if is_third(asked):
                    server.kill()
                    raise HangUp

            proxy.fault = fault
            broken = memctl(*words)
        proxy.fault = lambda _: None
        with chroma_run(tmp_path / "server", port):
            completed = memctl(*words)
            found = read_server(place)

    assert broken.exit_code == 8, broken.stdout
    assert "records were written to" in error_of(broken)["message"]
    assert completed.exit_code == 0, completed.stdout
    assert contents(found.values()) == contents(CREWS)


def test_the_document_of_a_failure_is_one_document(memctl, proxied, database):
    origin, proxy = proxied
    proxy.fault = lambda _: Reply(body=b"<html>")

    ran = memctl("stats", "--at", f"chroma:{behind(origin, database)}", "--json")

    assert json.loads(ran.stdout)["exit_code"] == 4
    assert error_of(ran)["code"] == "not_a_store"
