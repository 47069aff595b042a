"""The steps of a setup that wait until what was made is ready, and compare it with its spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...provisioning import LookingStep
from ..indexes.states import HOPELESS, SERVING
from ..resource_errors import NotReady, OtherResource
from .steps import MISSING, check_spec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..indexes.service import VectorSearch
    from .steps import CreateEndpoint, CreateIndex
    from .waiter import Waiter


class WaitUntilServing(LookingStep):
    """Wait until endpoints or indexes can be used."""

    def __init__(
        self, what: str, steps: Sequence[CreateEndpoint | CreateIndex], waiter: Waiter
    ) -> None:
        self.name = f"wait for {what}"
        self._steps = steps
        self._waiter = waiter

    def find(self) -> bool:
        """Return whether all serve, by the last answers."""
        return not not_serving({each.resource: each.status for each in self._steps})

    def do(self) -> None:
        """Wait.

        Raises:
            NotReady: when one never will.
            TimedOut: when the time is up.
        """
        self._waiter.until_none_is_left(self._left)

    def _left(self) -> dict[str, str]:
        for each in self._steps:
            if each.status not in SERVING:
                each.find()
        return not_serving({each.resource: each.status for each in self._steps})


class CheckIndexes(LookingStep):
    """Look at what was made once more: the service rewrites what it is sent."""

    name = "check the indexes"

    def __init__(self, service: VectorSearch, steps: Sequence[CreateIndex]) -> None:
        self._service = service
        self._steps = steps

    def find(self) -> bool:
        """Compare each with what was asked for, unless one is missing.

        Raises:
            OtherResource: when one is otherwise.
        """
        if any(each.status == MISSING for each in self._steps):
            return False
        for each in self._steps:
            check_spec(each.spec, self._service.describe(each.spec.name))
        return True

    def do(self) -> None:
        """Raise that one is missing.

        Raises:
            OtherResource: always.
        """
        missing = [each.spec.name for each in self._steps if each.status == MISSING]
        raise OtherResource(
            f"index `{missing[0]}` was made and is not there any more",
            hint="run the same command again",
        )


def not_serving(states: Mapping[str, str]) -> dict[str, str]:
    """Return what does not serve yet.

    Raises:
        NotReady: when something never will.
    """
    left = {name: state for name, state in states.items() if state not in SERVING}
    for name, state in left.items():
        if state in HOPELESS:
            raise NotReady(
                f"`{name}` is {state}, and waiting does not change that",
                hint="look at it in the workspace, or ask its administrator",
            )
    return left
