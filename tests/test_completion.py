from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from .pages import ROOT, Reader

BASH = """
source "$1"
COMP_WORDS=("${@:2}")
COMP_CWORD=$(($# - 2))
_memctl_completion memctl
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
fpath=("${1:h}")
autoload -Uz _memctl
_arguments() { print -r -- "$@" }
words=("${@:2}")
CURRENT=$#words
_memctl
"""
"""As `compinit` would load it, but for the function of zsh that shows what is offered."""


@pytest.fixture
def complete(memctl, tmp_path):
    """Press Tab in a shell; three profiles are there."""
    for name, group in {"main": "default", "prod": "acme", "trial": "acme"}.items():
        memctl("config", "create", name, "-g", group, "--backend", "chroma", "--set", "path=/x")
    programs = Reader(tmp_path).programs()

    def run(shell, script, file, words):
        if shutil.which(shell) is None:
            pytest.skip(f"{shell} is not installed")
        command = [shell, "-c", script, shell, str(ROOT / "completions" / file), "memctl", *words]
        path = f"{programs}:{os.environ['PATH']}"
        return subprocess.run(
            command, capture_output=True, text=True, check=True, env={**os.environ, "PATH": path}
        ).stdout

    return run


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["st"], ["stats"]),
        (["config", "set"], ["set-default"]),
        (["stats", "--inc"], ["--include-unscoped"]),
        (["stats", "--by", "c"], ["crew"]),
        (["stats", "--profile", ""], ["main"]),
        (["stats", "-g", "acme", "-p", ""], ["prod", "trial"]),
        (["stats", "--group", ""], ["acme", "default"]),
    ],
    ids=" ".join,
)
def test_bash_offers(words, offered, complete):
    assert complete("bash", BASH, "memctl.bash", words).split() == offered


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["st"], ["stats"]),
        (["stats", "--inc"], ["--include-unscoped"]),
        (["stats", "-g", "acme", "-p", ""], ["prod", "trial"]),
    ],
    ids=" ".join,
)
def test_zsh_offers_the_first_time(words, offered, complete):
    printed = complete("zsh", ZSH, "_memctl", words)

    assert re.findall(r'"([^"]+)"(?::"[^"]*")?', printed) == offered
