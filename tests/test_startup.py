from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = [
    "sqlmodel",
    "sqlalchemy",
    "keyring",
    "cryptography",
    "chromadb",
    "databricks",
    "numpy",
    "pyarrow",
    "starlette",
    "uvicorn",
]

REPORT = """
import sys
try:
    from memctl.__main__ import main
    main()
except SystemExit:
    pass
found = [name for name in {heavy!r} if name in sys.modules]
print("heavy:", found, file=sys.stderr)
"""


def run_and_report(*arguments: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", REPORT.format(heavy=HEAVY), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    return result.stderr.splitlines()[-1]


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
    assert run_and_report(*arguments) == "heavy: []"


@pytest.mark.parametrize("words", ["memctl ", "memctl stats --profile ", "memctl config show "])
def test_completion_imports_nothing_heavy(words, tmp_path):
    last = run_and_report(
        MEMCTL_HOME=str(tmp_path),
        _MEMCTL_COMPLETE="complete_zsh",
        _TYPER_COMPLETE_ARGS=words,
    )

    assert last == "heavy: []"


def test_stats_of_a_directory_needs_no_chromadb_and_no_numpy(tmp_path, chroma_directory):
    last = run_and_report("stats", "--at", f"chroma:{chroma_directory}", MEMCTL_HOME=str(tmp_path))

    assert last == "heavy: []"
