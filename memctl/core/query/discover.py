"""Finds stores on this machine; which places and files those are, each backend knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...backends.facets import Discoverable
from ...backends.registry import classes_with
from ...model.errors import StoreNotFound
from ...model.results import DiscoverResult

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def discover_memory(paths: Sequence[Path] = ()) -> DiscoverResult:
    """Look in every usual place, and below the given directories; changes nothing.

    Raises:
        StoreNotFound: when a given directory is not there.
    """
    for path in paths:
        if not path.exists():
            raise StoreNotFound(f"there is no directory `{path}`", hint="check the spelling")
    found = [each.find_stores(paths) for each in classes_with(Discoverable)]
    return DiscoverResult(
        [store for each in found for store in each.stores],
        [place for each in found for place in each.searched],
    )
