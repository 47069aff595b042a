"""What every result has."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar

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


@dataclass(frozen=True)
class BreakableResult(Result):
    """What a command returns whose work may break off when some of it is done.

    Attributes:
        failure: what broke it off; `None` where nothing did.
    """

    __slots__ = ()
    HIDDEN: ClassVar[frozenset[str]] = frozenset({"failure"})

    failure: MemctlError | None = field(default=None, kw_only=True)

    @property
    def errors(self) -> tuple[MemctlError, ...]:
        """What broke it off, if something did."""
        return (self.failure,) if self.failure else ()


class InterruptedHalfway(KeyboardInterrupt):
    """The user interrupted work of which something may be done by then.

    Args:
        result: what is done and what is left; the first of its errors is that it was interrupted.
    """

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result

    @property
    def message(self) -> str:
        """What the first error says."""
        return self.result.errors[0].message


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """As whom the requests of a command were sent.

    Attributes:
        host: where to.
        user: the user or service principal, as the other side names it.
        method: how the login was done.
    """

    host: str
    user: str
    method: str


@dataclass(frozen=True, slots=True)
class StoreUsed:
    """Which store a command worked on, and why that one.

    Attributes:
        login: as whom; null where a store knows no users.
    """

    backend: str
    location: str
    profile: str | None
    selected_by: str
    login: LoggedIn | None = field(default=None, kw_only=True)

    @property
    def named(self) -> dict[str, Any]:
        """The same as the fields that every result of a store begins with."""
        return {each.name: getattr(self, each.name) for each in fields(StoreUsed)}
