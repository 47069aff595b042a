from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from memctl.store.database import open_state
from memctl.store.journal import Journal
from memctl.store.profiles import Profiles
from memctl.testing.records import DIMENSION

from .conftest import SAMPLE
from .formats.crewai.stores import unpack

HEAVY = [
    "sqlmodel",
    "sqlalchemy",
    "keyring",
    "cryptography",
    "chromadb",
    "databricks",
    "lancedb",
    "numpy",
    "pyarrow",
    "requests",
    "httpx",
    "starlette",
    "uvicorn",
]

REPORT = """
import json, sys
try:
    from memctl.__main__ import main
    main()
except SystemExit as ended:
    code = ended.code
print(json.dumps([code, [name for name in {heavy!r} if name in sys.modules]]), file=sys.stderr)
"""


def run_and_report(*arguments: str, **environment: str) -> tuple[int, set[str]]:
    """Run memctl and return its exit code, and which of the heavy packages it loaded."""
    result = subprocess.run(
        [sys.executable, "-c", REPORT.format(heavy=HEAVY), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    code, loaded = json.loads(result.stderr.splitlines()[-1])
    return code, set(loaded)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--help"],
        ["--version"],
        ["stats", "--help"],
        ["migrate", "--help"],
        ["setup", "--help"],
        ["setup", "chroma", "--help"],
        ["config", "list", "--help"],
        ["sandbox", "--help"],
        ["config", "secret", "set", "--help"],
        ["nonsense"],
    ],
)
def test_help_imports_nothing_heavy(arguments):
    _, loaded = run_and_report(*arguments)

    assert not loaded


@pytest.mark.parametrize("words", ["memctl ", "memctl stats --profile ", "memctl config show "])
def test_completion_imports_nothing_heavy(words, tmp_path):
    _, loaded = run_and_report(
        MEMCTL_HOME=str(tmp_path),
        _MEMCTL_COMPLETE="complete_zsh",
        _TYPER_COMPLETE_ARGS=words,
    )

    assert not loaded


@pytest.fixture(scope="module")
def places(tmp_path_factory, chroma_directory):
    """Where things lie that commands look at, by name; the home has a profile and a journal."""
    directory = tmp_path_factory.mktemp("places")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MEMCTL_HOME", str(directory / "home"))
        leave_traces(chroma_directory)
    vector = directory / "vector.json"
    vector.write_text(json.dumps([1.0] * DIMENSION))
    return {
        "home": directory / "home",
        "chroma": chroma_directory,
        "archive": SAMPLE,
        "old": unpack("1.9.3-b", directory / "old"),
        "unified": unpack("1.15.30-b", directory / "unified"),
        "vector": vector,
    }


def leave_traces(chroma_directory):
    with open_state() as state:
        Profiles(state).create(
            "default", "prod", backend_type="chroma", settings={"path": str(chroma_directory)}
        )
        operation = Journal(state).begin_operation("setup chroma", "default", "prod")
        Journal(state).begin_step(operation, "save the profile")


NONE: set[str] = set()
ARROW = {"pyarrow", "numpy"}
LANCE = {"lancedb", *ARROW}

LOOKING = [
    ("config list", NONE),
    ("config list -g nobody", NONE),
    ("config show prod", NONE),
    ("config which", NONE),
    ("history", NONE),
    ("history --steps", NONE),
    ("backends", NONE),
    ("backup list", NONE),
    ("stats", NONE),
    ("stats --json", NONE),
    ("stats --profile prod --by crew", NONE),
    ("records list", NONE),
    ("verify", {"numpy"}),
    ("search --vector {vector}", {"numpy"}),
    ("stats --at chroma:{chroma}", NONE),
    ("stats --at chroma:{chroma} --by day", NONE),
    ("records list --at chroma:{chroma} --jsonl", NONE),
    ("verify --at chroma:{chroma}", {"numpy"}),
    ("discover {old} {unified}", NONE),
    ("stats --at crewai:{old}", NONE),
    ("records list --at crewai:{old}", NONE),
    ("stats --at crewai:{unified}", LANCE),
    ("stats --at archive:{archive}", ARROW),
    ("records list --at archive:{archive}", ARROW),
    ("verify --at archive:{archive}", ARROW),
    ("diff archive:{archive} chroma:{chroma}", ARROW),
]


@pytest.mark.parametrize(("command", "needed"), LOOKING, ids=[each for each, _ in LOOKING])
def test_looking_loads_no_more_than_the_store_needs(command, needed, places):
    words = command.format(**places).split()

    code, loaded = run_and_report(*words, MEMCTL_HOME=str(places["home"]))

    assert code == (3 if words[0] == "diff" else 0)
    assert loaded <= needed
