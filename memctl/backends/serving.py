"""The interface of stores beside which models are served; what is asked of them, others know."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class ModelServing(ABC):
    """A store whose login also opens models."""

    @abstractmethod
    def invoke_model(self, name: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a body to a served model, try again where that helps, and return its answer.

        Raises:
            StoreNotFound: when no model of that name is served.
            MemctlError: when there is no answer that helps.
        """
