"""The stores in `tests/data/crewai`, made by CrewAI's own classes, and what they should give.

Their names are the version of CrewAI that made them and a letter; `b-opened` is a copy of `b` after
chromadb 1.5 opened it. Texts are invented, vectors come from a hash.
"""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

DATA = Path(__file__).parents[2] / "data" / "crewai"
LEGACY = ["0.165.1-a", "0.165.1-b", "1.9.3-a", "1.9.3-b", "1.9.3-b-opened"]
UNIFIED = ["1.15.30-a", "1.15.30-b", "1.15.30-tz"]


def unpack(name: str, target: Path) -> Path:
    """Unpack a store and return its directory; `expected.json` lies beside it."""
    with tarfile.open(DATA / f"{name}.tar.xz") as archive:
        archive.extractall(target, filter="data")
    return target / "store"


def expected(store: Path) -> dict:
    return json.loads(store.with_name("expected.json").read_text("utf-8"))
