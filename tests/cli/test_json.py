from __future__ import annotations

import json
import logging
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from memctl.cli.app import app
from memctl.cli.command import COMMON
from memctl.testing.records import make_record, make_records

from ..conftest import Ran, make_store, start_memctl

ENVELOPE = ["schema", "command", "status", "exit_code", "data", "errors"]
STATUSES = {0: "success", 8: "partial"}


def walk(group: TyperGroup, words: tuple[str, ...] = ()):
    """Give every command of the tree with the words that lead to it."""
    context = typer.Context(group, info_name="memctl")
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, TyperGroup):
            yield from walk(found, (*words, name))
        else:
            yield (*words, name), found


TREE = dict(walk(typer.main.get_command(app)))
GROUPS = sorted({words[:length] for words in TREE for length in range(len(words))})
COMMANDS = sorted(TREE)
every_command = pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
every_command_that_ends = pytest.mark.parametrize(
    "words", [each for each in COMMANDS if each != ("sandbox",)], ids=" ".join
)


def arguments_of(words: tuple[str, ...], value: str) -> list[str]:
    """Give a command as many arguments as it needs."""
    if words == ("index", "create"):
        return ["short_term"]
    needed = [
        each for each in TREE[words].params if each.param_type_name == "argument" and each.required
    ]
    return [value] * len(needed)


def check(ran: Ran, words: tuple[str, ...] = ()) -> dict:
    """Hold what scripts rely on, whatever a command found."""
    document = json.loads(ran.stdout)
    assert ran.stdout.endswith("}\n")
    assert list(document) == ENVELOPE
    assert document["schema"] == 1
    assert document["exit_code"] == ran.exit_code
    assert document["status"] == STATUSES.get(ran.exit_code, "error")
    assert isinstance(document["data"], dict)
    assert bool(document["errors"]) == bool(ran.exit_code)
    for error in document["errors"]:
        assert list(error) == ["code", "message", "hint"]
        assert error["code"]
        assert error["message"]
        assert "\n" not in error["message"]
    if words:
        assert document["command"] == " ".join(words)
    assert "\x1b" not in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    return document


@pytest.fixture(scope="session")
def stores(tmp_path_factory):
    """Stores that examples read; not to be written."""
    folder = tmp_path_factory.mktemp("examples")
    make_store("chroma", folder / "chroma", [*make_records(5), make_record(9, crew_id="sales")])
    make_store("archive", folder / "archive", make_records(3))
    return folder


SUCCEEDING = {
    "backends": "",
    "backup create": "archive:{stores}/archive",
    "backup list": "",
    "clear": "sales --at chroma:{stores}/chroma --dry-run",
    "config create": "new --backend chroma --set path=/x",
    "config delete": "saved",
    "config disable": "",
    "config list": "",
    "config secret list": "",
    "config set-default": "saved",
    "config show": "saved",
    "config update": "saved --description text",
    "config which": "",
    "crew-id": "--role Analyst --task report",
    "diff": "archive:{stores}/archive archive:{stores}/archive",
    "discover": "{new}",
    "history": "--steps",
    "migrate": "archive:{stores}/archive archive:{new}/copy",
    "records list": "--at chroma:{stores}/chroma",
    "records show": "record-00001 --at chroma:{stores}/chroma",
    "search": "--like record-00001 --at chroma:{stores}/chroma",
    "setup chroma": "--path {new}/chroma --name another",
    "stats": "sales --at chroma:{stores}/chroma --by crew",
    "verify": "--at archive:{stores}/archive",
}
FAILING = {
    "backup create": ("chroma:{new}/none", 4),
    "backup delete": ("nobody --yes", 4),
    "clear": ("sales --at chroma:{new}/none --yes", 4),
    "config create": ("saved --backend chroma --set path=/x", 4),
    "config delete": ("nobody", 4),
    "config list": ("-g 'a\x1b[31mb'", 4),
    "config secret delete": ("saved token", 5),
    "config secret set": ("saved token", 4),
    "config set-default": ("nobody", 4),
    "config show": ("nobody", 4),
    "config update": ("saved --set nonsense=1", 4),
    "config which": ("-p nobody", 4),
    "diff": ("archive:{new}/none archive:{new}/copy", 4),
    "index create": ("short_term", 7),
    "index delete": ("short_term --yes", 7),
    "index empty": ("short_term --yes", 7),
    "index list": ("", 7),
    "index show": ("short_term", 7),
    "migrate": ("archive:{new}/none archive:{new}/copy", 4),
    "records list": ("--at chroma:{new}/none", 4),
    "records show": ("nobody --at chroma:{stores}/chroma", 3),
    "restore": ("nobody", 4),
    "sandbox": ("true", 2),
    "search": ("--like nobody --at chroma:{stores}/chroma", 3),
    "setup chroma": ("--name ..", 4),
    "setup databricks": ("--workspace-url http://workspace.invalid", 4),
    "stats": ("--at nothing:{new}", 4),
    "verify": ("--at chroma:{new}/none", 4),
}


@pytest.fixture
def run(memctl, monkeypatch, stores, tmp_path):
    """Run a command by its words and the rest of its line, with a profile saved, into a pipe."""
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.delenv("COLUMNS")
    memctl("config", "create", "saved", "--backend", "chroma", "--set", f"path={stores}/chroma")

    def run_line(words: str, line: str, *options: str) -> Ran:
        rest = shlex.split(line.format(stores=stores, new=tmp_path))
        return memctl(*words.split(), *rest, *options)

    return run_line


# One document


@pytest.mark.parametrize("words", SUCCEEDING)
def test_a_command_that_succeeds_prints_one_document(run, words):
    ran = run(words, SUCCEEDING[words], "--json")

    assert ran.exit_code == 0, ran.stdout
    check(ran, tuple(words.split()))


@pytest.mark.parametrize("words", FAILING)
def test_a_command_that_fails_prints_one_document(run, words):
    line, code = FAILING[words]

    ran = run(words, line, "--json")

    assert ran.exit_code == code, ran.stdout
    check(ran, tuple(words.split()))


def test_every_command_of_the_tree_has_an_example():
    assert {tuple(words.split()) for words in (*SUCCEEDING, *FAILING)} == set(COMMANDS)


@every_command_that_ends
def test_any_command_prints_one_document_whatever_it_finds(memctl, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR")

    for value in ("chroma:nowhere", "", "a\x1b[31mb"):
        ran = memctl(*words, "--json", "--no-input", "--", *arguments_of(words, value))
        assert ran.exit_code != 1, ran.stdout
        check(ran, words)


@every_command
def test_a_wrong_command_line_gives_a_document_too(memctl, words):
    lines = {
        "an unknown option": ["--no-such-option"],
        "too many arguments": ["a"] * 9,
        "a value that is missing": ["--log-file"],
        "quiet and verbose": [*arguments_of(words, "x"), "--quiet", "--verbose"],
    }
    if arguments_of(words, "x"):
        lines["too few arguments"] = []
    if any(each.nargs == -1 for each in TREE[words].params if each.param_type_name == "argument"):
        del lines["too many arguments"]

    for case, line in lines.items():
        for whole in ([*words, "--json", *line], [*words, *line, "--json"]):
            if case == "a value that is missing" and whole[-1] == "--json":
                continue  # then it is the value
            ran = memctl(*whole)
            assert ran.exit_code == 2, (case, ran.stdout)
            check(ran, words)


@pytest.mark.parametrize("words", GROUPS, ids=" ".join)
def test_a_group_of_commands_gives_a_document_for_a_wrong_line(memctl, words):
    for line in (["no-such-command"], ["--no-such-option"]):
        ran = memctl(*words, *line, "--json")
        assert ran.exit_code in {2, 4}  # 4 where a command is implied and takes a name
        check(ran)


def test_a_flag_that_is_given_a_value_is_a_wrong_line_and_still_a_document(memctl):
    ran = memctl("stats", "--json=yes")

    assert ran.exit_code == 2
    check(ran)


def test_a_bare_memctl_and_a_bare_group_show_help(memctl):
    for words in ((), ("config",), ("records",)):
        ran = memctl(*words)
        assert ran.exit_code == 0
        assert "Usage" in ran.stdout


def test_a_document_of_another_process_is_alone_on_standard_output(stores, tmp_path):
    """chromadb and its Rust core might print beside Python's standard output."""
    process = start_memctl(
        "migrate", f"archive:{stores}/archive", f"chroma:{tmp_path}/copy", "--json"
    )
    output, errors = process.communicate()

    check(Ran(process.returncode, output, errors))
    assert errors == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("how", ["--json", "--verbose"])
def test_a_full_standard_output_is_an_error_and_no_bug(stores, how):
    command = [sys.executable, "-m", "memctl", "stats", "--at", f"chroma:{stores}/chroma", how]
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert ran.returncode not in {0, 1}
    assert "Traceback" not in ran.stderr
    assert "bug in memctl" not in ran.stderr


def test_a_reader_that_goes_away_is_no_bug(tmp_path):
    archive = make_store("archive", tmp_path / "archive", make_records(3000))
    process = start_memctl("records", "list", "--at", f"archive:{archive}", "--jsonl")
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    process.wait()

    assert errors == ""


# Streams


@pytest.mark.parametrize("words", SUCCEEDING)
def test_what_people_read_has_no_escape_codes_in_a_pipe(run, words):
    for options in ((), ("-v",), ("-vv",)):
        ran = run(words, SUCCEEDING[words].replace("/copy", f"/copy{len(options)}"), *options)
        assert "\x1b" not in ran.stdout + ran.stderr
        if words in {"config create", "config delete", "setup chroma", "migrate"}:
            break  # a second time it is another thing


@pytest.mark.parametrize("words", [*GROUPS, *COMMANDS], ids=" ".join)
def test_help_has_no_escape_codes_in_a_pipe_and_names_the_command(memctl, monkeypatch, words):
    monkeypatch.delenv("NO_COLOR")

    ran = memctl(*words, "--help")

    assert ran.exit_code == 0
    assert "\x1b" not in ran.stdout + ran.stderr
    assert f"Usage: memctl {' '.join(words)}".strip() in " ".join(ran.stdout.split())


# The options that every command has


@every_command
def test_every_command_has_the_common_options(words):
    named = {option for each in TREE[words].params for option in each.opts}

    assert named >= {"--json", "--quiet", "-q", "--verbose", "-v", "--log-file", "--no-input"}
    assert COMMON.keys() <= {each.name for each in TREE[words].params}


@every_command_that_ends
def test_every_command_takes_the_common_options_together(memctl, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "log"

    for line in (["-vv", "--log-file", log], ["--quiet", "--log-file", log]):
        ran = memctl(*words, *line, "--no-input", "--json", *arguments_of(words, "x"))
        assert log.exists()
        assert list(json.loads(ran.stdout)) == ENVELOPE
        assert ran.exit_code != 1, ran.stdout


@every_command
def test_quiet_and_verbose_exclude_each_other_before_anything_is_opened(memctl, words, home):
    ran = memctl(*words, *arguments_of(words, "chroma:nowhere"), "-q", "-v")

    assert ran.exit_code == 2
    assert "--quiet" in ran.stderr
    assert "--verbose" in ran.stderr
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("words", SUCCEEDING)
def test_quiet_leaves_the_result_and_nothing_else(run, words):
    ran = run(words, SUCCEEDING[words], "--quiet")

    assert ran.exit_code == 0
    assert ran.stderr == ""
    assert ran.stdout or words in {
        "backup list",
        "config secret list",
        "discover",
    }  # lists of nothing


def test_quiet_does_not_hide_an_error(run):
    assert "error:" in run("stats", "--at chroma:{new}/none", "-q").stderr


def test_verbose_shows_steps(memctl, tmp_path):
    quiet = memctl("setup", "chroma", "--path", tmp_path / "one", "--name", "one")
    verbose = memctl("setup", "chroma", "--path", tmp_path / "two", "--name", "two", "-v")

    steps = ("create the store", "create collection entity", "save the profile")
    assert all(f"{each}: done" in verbose.stderr for each in steps)
    assert not any(each in quiet.stderr for each in steps)


def test_verbose_says_which_store_was_opened_and_why(run):
    assert "default of group `default`" in run("stats", "", "-v").stderr


@pytest.mark.parametrize("how", ["-vv", "-v -v", "-vvv", "--verbose --verbose"])
def test_verbose_twice_shows_where_an_error_arose(run, how):
    ran = run("stats", "--at chroma:{new}/none", *how.split())

    assert "Traceback" in ran.stderr
    assert ran.exit_code == 4


def test_verbose_once_shows_no_traceback(run):
    assert "Traceback" not in run("stats", "--at chroma:{new}/none", "-v").stderr


def test_a_log_file_gets_the_steps_and_is_appended_to(memctl, tmp_path):
    log = tmp_path / "memctl.log"
    memctl("setup", "chroma", "--path", tmp_path / "one", "--log-file", log)
    first = log.read_text()
    memctl("setup", "chroma", "--path", tmp_path / "two", "--name", "two", "-q", "--log-file", log)

    assert "create the store: done" in first
    assert log.read_text().startswith(first)
    assert f"chroma:{tmp_path}/two" in log.read_text()[len(first) :]


def test_a_log_file_that_can_not_be_written_is_named_before_anything_is_done(memctl, tmp_path):
    ran = memctl("setup", "chroma", "--log-file", tmp_path / "no" / "such" / "file", "--json")

    assert ran.exit_code == 4
    assert "--log-file" in check(ran)["errors"][0]["hint"]
    assert memctl("config", "list", "--json").data["profiles"] == []


def test_no_handler_outlives_a_command(memctl, tmp_path):
    before = list(logging.getLogger("memctl").handlers)
    memctl("backends", "-vv", "--log-file", tmp_path / "log")

    assert logging.getLogger("memctl").handlers == before


# Options that exclude each other


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("stats --at chroma:none -p x", ("--at", "--profile")),
        ("verify --at chroma:none -p x", ("--at", "--profile")),
        ("records list --at chroma:none -p x", ("--at", "--profile")),
        ("records show 1 --at chroma:none -p x", ("--at", "--profile")),
        ("config which --at chroma:none -p x", ("--at", "--profile")),
        ("verify --all-profiles --at chroma:none", ("--all-profiles", "--at")),
        ("verify --all-profiles -p x", ("--all-profiles", "--profile")),
        ("records list --at chroma:none --jsonl --json", ("--jsonl", "--json")),
        ("config update x --enable entity --disable entity", ("--enable", "--disable")),
        ("config create x --backend chroma --from y", ("--backend", "--from")),
        ("migrate chroma:none archive:new --set-default", ("--set-default", "location")),
    ],
)
def test_options_that_exclude_each_other_are_both_named_before_any_connection(
    memctl, home, line, named
):
    for words in (shlex.split(line), [*shlex.split(line), "--json"]):
        ran = memctl(*words)
        assert ran.exit_code == 2
        said = check(ran)["errors"][0]["message"] if "--json" in words else ran.stderr
        assert all(each in said for each in named)
    assert list(home.iterdir()) == []


def test_an_empty_group_is_nobodys_and_never_the_default_one(memctl):
    """A script whose variable is not set must not change another group."""
    memctl("config", "create", "x", "--backend", "chroma", "--set", "path=/x")
    asking = [
        words
        for words in COMMANDS
        if any("--group" in each.opts for each in TREE[words].params) and words != ("history",)
    ]

    ran = {words: memctl(*words, "--group=", *arguments_of(words, "x")) for words in asking}

    assert [" ".join(words) for words, each in ran.items() if not each.exit_code] == []
