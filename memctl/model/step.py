"""One journaled act of an operation."""

from __future__ import annotations

from typing import Protocol


class Step(Protocol):
    """One act that creates, changes or destroys something outside of memctl's own state."""

    @property
    def name(self) -> str:
        """What it does, in a few words: ``create collection short_term``."""

    def find(self) -> bool:
        """Return whether what it makes is already there, by looking only."""

    def do(self) -> None:
        """Make it."""

    def undo(self) -> None:
        """Take back what `do` made."""
