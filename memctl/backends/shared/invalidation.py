"""A step after which what was found out of a store no longer holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...model.step import Step


class Invalidating:
    """Another step, after which the store is looked at anew.

    Args:
        step: it.
        forget: drops what was found out.
    """

    def __init__(self, step: Step, forget: Callable[[], None]) -> None:
        self._step = step
        self._forget = forget

    @property
    def name(self) -> str:
        """What the step does."""
        return self._step.name

    def find(self) -> bool:
        """Return whether what it makes is already there."""
        return self._step.find()

    def do(self) -> None:
        """Make it."""
        try:
            self._step.do()
        finally:
            self._forget()

    def undo(self) -> None:
        """Take it back."""
        try:
            self._step.undo()
        finally:
            self._forget()
