"""Runs memctl as a user who owns nothing of a store; started as a process by `test_looking`.

    python -m tests.core.other_user OUT SOURCE LOCATION...

The user may not reach the interpreter's own files, so every command is run once before that.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile

from typer.testing import CliRunner

from memctl.cli.app import app

NOBODY = 65534


def commands(at: str, out: str, source: str) -> dict[str, list[str]]:
    """Give the commands that look, and some that write."""
    return {
        "stats": ["stats", "--at", at],
        "verify": ["verify", "--at", at],
        "list": ["records", "list", "--at", at, "--with-embeddings"],
        "show": ["records", "show", "record-00001", "--at", at],
        "migrate": ["migrate", at, f"archive:{out}/copy"],
        "write": ["migrate", f"archive:{source}", at],
        "setup": ["setup", "chroma", "--path", f"{at.partition(':')[2]}/new"],
    }


def run_all(at: str, out: str, source: str) -> dict[str, tuple[int, str | None]]:
    """Run all of them: name -> exit code and code of the error."""
    found = {}
    for name, words in commands(at, out, source).items():
        ran = CliRunner().invoke(app, [*words, "--json"], prog_name="memctl")
        errors = json.loads(ran.stdout)["errors"]
        found[name] = ran.exit_code, errors[0]["code"] if errors else None
    return found


def main() -> None:
    """Run all once as root, become nobody, run all, and print what was answered."""
    out, source, *locations = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        os.environ["MEMCTL_HOME"] = f"{directory}/home"
        for number, at in enumerate(locations):
            kind, _, path = at.partition(":")
            warm = shutil.copytree(path, f"{directory}/{number}")
            run_all(f"{kind}:{warm}", f"{directory}/out-{number}", source)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    os.environ["MEMCTL_HOME"] = f"{out}/home"
    found = [run_all(at, f"{out}/{number}", source) for number, at in enumerate(locations)]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
