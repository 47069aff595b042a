"""Checks that read every row of an index: whose it is, and whether a search can find it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ....model.backend.check import Check, CheckStatus
from ....model.bounded import parse_json
from ....model.errors import MemctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import ArrayLike

    from ..indexes.layouts import Layout
    from ..rows.open_index import OpenIndex

    Row = dict[str, Any]

OK, WARNING, PROBLEM = CheckStatus.OK, CheckStatus.WARNING, CheckStatus.PROBLEM
_CLOSE_TO_ONE: Final = 1e-3
_PAGE: Final = 1000


def check_rows(
    open_index: Callable[[], OpenIndex], collection: str, group_id: str | None
) -> list[Check]:
    """Read every row of one index; one that can't be read is a finding.

    Args:
        open_index: opens it.
        collection: its name.
        group_id: the group in force; `None` means all.
    """
    seen = RowsSeen()
    try:
        index = open_index()
        for page in index.reader.pages(_PAGE, None, with_vector=True):
            seen.add(page, index.layout)
        return seen.checks(collection, index.count_rows(), group_id)
    except MemctlError as exc:
        return [Check("rows by scan", PROBLEM, exc.message, "every row", exc.hint, collection)]


@dataclass(slots=True)
class RowsSeen:
    """What was found in the rows of one index.

    Attributes:
        rows: how many there are.
        groups: group -> its rows; `None` for rows without one.
        without_crew: rows that no crew's selector means.
        zero: vectors of zeros, which no search finds.
        not_unit: other vectors whose length is not 1.
        not_json: rows whose metadata can't be read.
    """

    rows: int = 0
    groups: Counter[str | None] = field(default_factory=Counter)
    without_crew: int = 0
    zero: int = 0
    not_unit: int = 0
    not_json: int = 0

    def add(self, rows: Iterable[Row], layout: Layout) -> None:
        """Count what is found in these rows."""
        for row in rows:
            self.rows += 1
            self.groups[row.get(layout.fields.get("group_id", "")) or None] += 1
            self.without_crew += not row.get(layout.fields.get("crew_id", ""))
            self._add_vector(row.get(layout.vector or ""))
            self.not_json += not _is_object(row.get(layout.json or ""))

    def _add_vector(self, vector: ArrayLike | None) -> None:
        length = 0.0 if vector is None else float(np.linalg.norm(vector))
        self.zero += length == 0
        self.not_unit += length != 0 and abs(length - 1) > _CLOSE_TO_ONE

    def checks(self, collection: str, counted: int, group_id: str | None) -> list[Check]:
        """Return the checks of what was found.

        Args:
            collection: the index's name.
            counted: the index's own count of its rows.
            group_id: the group in force; `None` means all.
        """
        foreign = sum(
            number for group, number in self.groups.items() if group not in {None, group_id}
        )
        lag = "rows written just now are counted later; if it stays so, look at the index"
        return [
            Check(
                "rows by scan",
                OK if self.rows == counted else WARNING,
                str(self.rows),
                f"{counted}, by the index's own count",
                None if self.rows == counted else lag,
                collection,
            ),
            Check(
                "rows of other groups",
                OK,
                str(foreign if group_id is not None else 0),
                "any: groups may share an index",
                None,
                collection,
            ),
            *(
                Check(name, status if found else OK, str(found), "0", hint, collection)
                for name, found, status, hint in self._faults()
            ),
        ]

    def _faults(self) -> list[tuple[str, int, CheckStatus, str]]:
        return [
            (
                "rows without a group",
                self.groups[None],
                WARNING,
                "through a profile they are read with `--include-unscoped` only",
            ),
            ("rows without a crew", self.without_crew, WARNING, "no crew's selector means them"),
            ("zero vectors", self.zero, WARNING, "no search finds them: embed them again"),
            (
                "vectors not of length 1",
                self.not_unit,
                WARNING,
                "the index ranks by L2: copy them with `memctl migrate --normalize`",
            ),
            ("metadata that is no JSON", self.not_json, WARNING, "it is kept as a text"),
        ]


def _is_object(text: Any) -> bool:
    if text is None or text == "":
        return True
    try:
        return isinstance(parse_json(text), dict)
    except (TypeError, ValueError):
        return False
