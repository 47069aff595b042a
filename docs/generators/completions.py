"""The completion scripts of shells, as memctl prints them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = {
    "memctl.bash": "bash",
    "_memctl": "zsh",
    "memctl.fish": "fish",
    "memctl.ps1": "pwsh",
}

ZSH_REGISTERED = "compdef _memctl_completion memctl"
ZSH_AUTOLOADED = f"""if [ "$funcstack[1]" = "_memctl" ]; then
  _memctl_completion "$@"
else
  {ZSH_REGISTERED}
fi"""
"""Loaded from `$fpath`, the file is the function that completes: it has to do so the first time."""


def completion(shell: str, root: Path) -> str:
    """Have memctl print the completion script of a shell."""
    ran = subprocess.run(
        [sys.executable, "-m", "memctl"],
        env={**os.environ, "_MEMCTL_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
    )
    return ran.stdout.strip().replace(ZSH_REGISTERED, ZSH_AUTOLOADED) + "\n"
