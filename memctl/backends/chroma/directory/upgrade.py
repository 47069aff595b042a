"""Decides whether chromadb may open a store: it rewrites older ones for good."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ....formats.chroma.schema import INTEGER_SEQ_IDS, vintage
from ....model.backend.packages import way_to_upgrade
from ....model.errors import UnsupportedSchema
from .client import installed_schema

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

logger = logging.getLogger(__name__)


def is_older(levels: Mapping[str, int]) -> bool:
    """Return whether the installed chromadb would migrate a store of these levels."""
    installed = installed_schema()
    return any(levels[part] < installed[part] for part in levels)


def check_schema(levels: Mapping[str, int], path: Path, *, is_allowed: bool) -> None:
    """Raise unless the store is of chromadb's own level, or an older one that may be rewritten.

    Raises:
        UnsupportedSchema: when it would rewrite the store, or can't open it at all.
    """
    installed = installed_schema()
    if any(levels[part] > installed[part] for part in levels):
        raise UnsupportedSchema(
            f"`{path}` was written by a newer chromadb than the one that is installed",
            hint=f"run `{way_to_upgrade('chromadb')}`, then the same command again",
        )
    if dict(levels) == dict(installed):
        return
    lost = f"after that {unable_after(levels)} can no longer open it"
    if not is_allowed:
        maker = vintage(levels).partition(";")[0]
        raise UnsupportedSchema(
            f"`{path}` was made by {maker}; writing to it would rewrite it for good, and {lost}",
            hint="write to a new store instead, or add `--upgrade-store`",
        )
    logger.warning("rewriting %s for the installed chromadb; %s", path, lost)


def unable_after(levels: Mapping[str, int]) -> str:
    """Return the programs that can't open a store of these levels once it is upgraded.

    Measured: chromadb 1.1.1 panics on a store that 1.5.9 opened once; CrewAI 0.201 to 1.15.22
    requires chromadb 1.1, and CrewAI up to 0.193 chromadb 0.5.
    """
    if levels["metadb"] < INTEGER_SEQ_IDS:
        return "chromadb 0.5 to 1.1 (CrewAI up to 1.15.22)"
    return "chromadb 1.0 and 1.1 (CrewAI 0.201 to 1.15.22)"
