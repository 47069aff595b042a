"""Finds the rows that a server refuses by sending them in halves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ....model.errors import RequestRefused
from ...base import Failure, FailureReason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..writer import Row

_MOST_IN_SUCCESSION: Final = 8
"""Refusals of single rows, after which the server is taken to refuse the others too."""

_NOT_SENT: Final = f"it was not sent, for the server refused {_MOST_IN_SUCCESSION} rows before it"


class BisectedUpsert:
    """Sends rows, and those of a refused request in halves, until each refused row is known.

    A server refuses a request as a whole, for one row of it that it does not take, or for reasons
    that no row has: a full quota, a rule of a proxy. So as not to ask once for each row then, no
    more is sent after some single rows in succession were refused. Halves are every other row:
    those tried singly lie far apart, and bad rows side by side don't pass for all of them.

    Args:
        send: makes one request.

    Attributes:
        failed: each id that was not written so far, with the reason.
    """

    def __init__(self, send: Callable[[Sequence[Row]], None]) -> None:
        self.failed: dict[str, Failure] = {}
        self._send = send
        self._in_succession = 0

    def send(self, rows: Sequence[Row]) -> None:
        """Write rows with distinct ids.

        Raises:
            MemctlError: for what is no refusal of what was sent.
        """
        if self._in_succession == _MOST_IN_SUCCESSION:
            self.failed |= {row.id: Failure(FailureReason.REFUSED, _NOT_SENT) for row in rows}
            return
        try:
            self._send(rows)
            self._in_succession = 0
        except RequestRefused as exc:
            if len(rows) > 1:
                self.send(rows[::2])
                self.send(rows[1::2])
                return
            self._in_succession += 1
            self.failed[rows[0].id] = Failure(FailureReason.REFUSED, f"{exc.message} ({exc.hint})")
