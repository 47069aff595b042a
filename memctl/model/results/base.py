"""What every result has; not what any command found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..errors import MemctlError


class Result:
    """What a command returns.

    Attributes:
        errors: what went wrong although there is a result to show; the first gives the exit code.
    """

    __slots__ = ()

    @property
    def errors(self) -> tuple[MemctlError, ...]:
        """Nothing went wrong."""
        return ()


@dataclass(frozen=True, slots=True)
class StoreUsed:
    """Which store a command worked on, and why that one."""

    backend: str
    location: str
    profile: str | None
    selected_by: str
