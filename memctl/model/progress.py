"""How work reports where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class Progress(Protocol):
    """Receives the progress of one run of a command."""

    def start(self, label: str, total: int | None) -> None:
        """A part of the work begins: ``total`` records, or `None` where it is not known."""

    def advance(self, records: int) -> None:
        """So many more records are done."""

    def note(self, text: str) -> None:
        """Something the user should read, though nothing went wrong."""

    def wait(self, states: Mapping[str, str]) -> None:
        """The work waits for these things, which are in these states; for none: it waited."""


class Silent:
    """Progress that nobody watches."""

    def start(self, label: str, total: int | None) -> None:
        """Show nothing."""

    def advance(self, records: int) -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""

    def wait(self, states: Mapping[str, str]) -> None:
        """Show nothing."""
