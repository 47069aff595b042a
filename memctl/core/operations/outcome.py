"""Work that breaks off: whatever ended it is caught, what is done by then is said."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ...model.errors import NO_ROOM, DiskFull, Interrupted, MemctlError, Partial, unexpected
from ...model.results.base import BreakableResult, InterruptedHalfway

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from .operation import RunningOperation

R = TypeVar("R", bound=BreakableResult)

logger = logging.getLogger(__name__)


def attempt(*works: Callable[[], object]) -> MemctlError | None:
    """Do some work, each part also where one before it breaks off; return what broke off first.

    It is of any class: a library's core may panic with a `BaseException`, and Ctrl-C is one. The
    work has been begun all the same, and what is done of it is to be said.
    """
    causes = []
    for work in works:
        try:
            work()
        except (SystemExit, GeneratorExit):
            raise
        except BaseException as exc:
            logger.debug("it broke off", exc_info=exc)
            causes.append(_cause(exc))
    return causes[0] if causes else None


def _cause(exc: BaseException) -> MemctlError:
    if isinstance(exc, MemctlError):
        return exc
    if isinstance(exc, KeyboardInterrupt):
        return Interrupted("interrupted")
    if isinstance(exc, OSError) and exc.errno in NO_ROOM:
        return DiskFull(f"the disk is full: {exc.strerror}", hint="make room")
    return unexpected(exc)


def broken_off(
    cause: MemctlError,
    told: str,
    *,
    is_begun: bool,
    restore: str | None = None,
    again: str = "run the same command again to go on from here",
) -> MemctlError:
    """Return the error of work that broke off; what nothing came of yet keeps its own class.

    Args:
        cause: what broke it off.
        told: what is done of it and what is left.
        is_begun: whether something is done of it.
        restore: the id of the backup that holds what is gone.
        again: the way to go on, once it is begun.
    """
    back = f"`memctl restore {restore}` brings back what was deleted" if restore else None
    goes_on = is_begun or isinstance(cause, Interrupted)
    hint = "; ".join(filter(None, (cause.hint, back, again if goes_on else None))) or None
    if isinstance(cause, Interrupted):
        return Interrupted(f"interrupted: {told}", hint=hint)
    if not is_begun:
        cause.message, cause.hint = f"{cause.message}; {told}", hint
        return cause
    kind = type(cause) if isinstance(cause, Partial) else Partial
    return kind(f"{told}: {cause.message}", hint=hint)


def conclude(
    running: AbstractContextManager[RunningOperation], work: Callable[[RunningOperation], R]
) -> R:
    """Run an operation, and return what its work found, also where that can't be journaled.

    Raises:
        InterruptedHalfway: with what it found, where the user broke it off.
        MemctlError: where the operation can't even be begun.
    """
    found: list[R] = []
    try:
        with running as operation:
            found.append(work(operation))
            _raise_if_interrupted(found[0])
            operation.answer(found[0])
    except MemctlError as exc:
        if not found:
            raise
        _raise_if_interrupted(found[0])
        if not found[0].errors:
            done = "all of it is done, but the journal can't say so"
            return replace(found[0], failure=broken_off(exc, done, is_begun=True))
    return found[0]


def _raise_if_interrupted(result: R) -> None:
    if any(isinstance(each, Interrupted) for each in result.errors):
        raise InterruptedHalfway(result)
