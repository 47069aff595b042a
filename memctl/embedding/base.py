"""The interface of every embedder; how requests are tried again and paced, its caller knows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ..model.backend.embedder import EmbedderName

    Invoke = Callable[[str, Mapping[str, Any]], Any]


class Embedder(ABC):
    """One model that turns texts into vectors.

    Args:
        name: as the user names it.
    """

    texts_at_once: ClassVar[int] = 100
    """The most texts for one call; services take 128 to 2048."""
    characters_at_once: ClassVar[int] = 100_000
    """The most characters for one call; a longer text is a call of its own."""
    threads: ClassVar[int] = 1
    """How many calls may be under way at once."""
    attempts: ClassVar[int] = 1
    """How many are worth making where it does not answer."""

    def __init__(self, name: EmbedderName) -> None:
        self.name = name

    @property
    @abstractmethod
    def place(self) -> str:
        """Where texts are sent, for people; no secret."""

    @abstractmethod
    def embed(self, texts: Sequence[str], seconds: float) -> NDArray[np.float32]:
        """Turn texts into a float32 array of shape ``(texts, dimension)``, in their order.

        Args:
            texts: at least one.
            seconds: how long it may take, where it is on another machine.

        Raises:
            RequestRefused: when the model takes these texts not at all, or not at once.
            MemctlError: when it can't be reached or used, or its answer is no vectors.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Close connections; closing twice is fine."""
