"""The interface of stores made of resources on another machine: built, listed, emptied, deleted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..model.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ..model.progress import Progress
    from ..model.step import Step

    Resources = Mapping[str, Mapping[str, Mapping[str, str | None]]]


@dataclass(frozen=True, slots=True)
class ProvisionRequest:
    """What resources are to be made or taken away.

    Attributes:
        options: of `ProvisionedBackend.setup_options`, parsed.
        progress: is told what the work waits for.
        is_checked: look first whether it can be done; what is taken back needs no look.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress = field(default_factory=Silent)
    is_checked: bool = True


class LookingStep:
    """A step that makes nothing: it waits, or compares."""

    def undo(self) -> None:
        """Leave it: nothing was made."""


class Provisioning:
    """Steps that build resources, checked as far as looking can.

    Args:
        steps: in their order; each finds what is there, and is named alike in every run.
        notes: what is to be known before they run: what will cost money, what can't be checked.
    """

    def __init__(self, steps: Sequence[Step], notes: Sequence[str] = ()) -> None:
        self.steps = steps
        self.notes = notes

    def resources(self) -> Resources:
        """Return what is there: ``endpoints`` and ``indexes``, role -> ``name``, ``status``..."""
        return {}

    def check_removal(self, made: Collection[str]) -> None:
        """Refuse to take back steps of these names while what they made is in use.

        Raises:
            AnswerIsNo: then.
        """
