"""Cursors: places in the order of a scan, as opaque text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ...model.errors import InvalidCursor

_FORM: Final = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})\Z", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place right after one row.

    Rows of the table come first, by their integer ids, then those that only the queue holds, by
    their operations. When the queue has been compacted in between, those rows stand in the table
    with higher ids than any before, so going on from an old cursor still misses none of them.

    Attributes:
        rowid: of the last row of the table.
        seq_id: of the last row of the queue; 0 before them.
    """

    rowid: int = 0
    seq_id: int = 0

    def __str__(self) -> str:
        """Return the text that `parse_cursor` reads."""
        return f"{self.rowid}.{self.seq_id}"


START: Final = Cursor()


def parse_cursor(text: str) -> Cursor:
    """Return the cursor that a text stands for.

    Raises:
        InvalidCursor: when it stands for none.
    """
    match = _FORM.match(text)
    if match is None:
        raise InvalidCursor(
            f"`{text[:40]}` is not a place in a chroma store", hint="start the scan anew"
        )
    return Cursor(int(match[1]), int(match[2]))
