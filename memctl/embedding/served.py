"""Models that are served beside a store; how they are reached, and who one is there, it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import read_answer
from .base import Embedder

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ..model.backend.embedder import EmbedderName
    from .base import Invoke


class ServedModel(Embedder):
    """A serving endpoint of the store's own workspace, asked with the store's own login.

    It answers in the form of OpenAI's embeddings (Databricks' Foundation Model APIs, "Embedding
    task"). The store tries its requests again itself.

    Args:
        name: its model is the endpoint's name.
        invoke: sends a body to the endpoint of a name.
    """

    threads = 4

    def __init__(self, name: EmbedderName, invoke: Invoke) -> None:
        super().__init__(name)
        self._invoke = invoke

    @property
    def place(self) -> str:
        """The serving endpoint."""
        return f"serving endpoint `{self.name.model}`"

    def embed(self, texts: Sequence[str], seconds: float) -> NDArray[np.float32]:  # noqa: ARG002 - the store's own limit holds
        """Ask the endpoint."""
        answer = self._invoke(self.name.model, {"input": list(texts)})
        return read_answer(answer, len(texts), self.place)
