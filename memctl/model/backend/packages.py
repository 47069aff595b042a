"""The packages that a plain installation lacks, and how to get one."""

from __future__ import annotations

import shlex
import sys
from typing import Final

EXTRAS: Final = {
    "crewai": ("lancedb>=0.36,<1",),
    "sandbox": ("starlette>=0.40", "uvicorn>=0.30"),
    "sentence-transformers": ("sentence-transformers>=3",),
    "testing": ("hypothesis>=6.100", "pytest>=9"),
}
"""Extra of the distribution -> what it adds, word for word as in ``pyproject.toml``.

An extra is asked for by whoever installs from a clone. A hint can't: it does not know where memctl
came from, and on the package index its name is another project's. So it names the packages.
"""


def way_to_install(*requirements: str) -> str:
    """Return a command that puts packages beside memctl: ``PYTHON -m pip install 'lancedb>=0.36'``.

    The `pip` that a shell finds may be another Python's, also where memctl came with pipx.
    """
    return shlex.join([sys.executable, "-m", "pip", "install", *requirements])


def way_to_add(extra: str) -> str:
    """Return a command that puts what an extra adds beside memctl."""
    return way_to_install(*EXTRAS[extra])


def way_to_upgrade(package: str) -> str:
    """Return a command that brings the newest version of a package that memctl uses."""
    return way_to_install("--upgrade", package)
