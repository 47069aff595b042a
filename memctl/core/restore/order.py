"""What is to be restored, and where to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..query.rows import EVERY_ROW, USUAL_TERMS, Rows, Terms
from ..selection import Connecting

if TYPE_CHECKING:
    from ..selection import StoreRequest


@dataclass(frozen=True, slots=True)
class RestoreOrder:
    """What is to be restored.

    Attributes:
        backup: a backup's id, or the beginning of it.
        target: the store that is written; `None` means where the backup came from.
        rows: the records that are asked for.
        terms: on what terms they are copied.
        upgrade: allow a target of an older schema level to be rewritten.
        dry_run: do every read and check, write nothing.
        connecting: how the target is connected to.
    """

    backup: str
    target: StoreRequest | None = None
    rows: Rows = EVERY_ROW
    terms: Terms = USUAL_TERMS
    upgrade: bool = False
    dry_run: bool = False
    connecting: Connecting = field(default_factory=Connecting)

    @property
    def means_all(self) -> bool:
        """Whether no part of the backup is chosen."""
        return not self.rows.is_part
