"""Models of sentence-transformers, on this machine; the package is an extra of memctl's."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from ..model.backend.embedder import SENTENCE_TRANSFORMERS
from ..model.backend.packages import way_to_add
from .answers import read_vectors
from .base import Embedder
from .errors import EmbedderNotInstalled, EmbedderUnusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ..model.backend.embedder import EmbedderName


class SentenceTransformerModel(Embedder):
    """A model of a name or directory; the package fetches one that is not there.

    Raises:
        EmbedderNotInstalled: when the package is missing.
        EmbedderUnusable: when there is no such model, or it can't be fetched.
    """

    place = "this machine"

    def __init__(self, name: EmbedderName) -> None:
        super().__init__(name)
        try:
            from sentence_transformers import (  # type: ignore[import-not-found, unused-ignore]  # an extra
                SentenceTransformer,
            )
        except ModuleNotFoundError as exc:
            raise EmbedderNotInstalled(
                f"`{name}` needs the package `{exc.name}`, which is not installed",
                hint=f"run `{way_to_add(SENTENCE_TRANSFORMERS)}`",
            ) from exc
        try:
            self._model = SentenceTransformer(name.model)
        except (OSError, ValueError) as exc:
            raise EmbedderUnusable(
                f"`{name}` can't be loaded: {exc}",
                hint="check the model's name; it is fetched when it is first used",
            ) from exc
        self._turn = Lock()

    def embed(self, texts: Sequence[str], seconds: float) -> NDArray[np.float32]:  # noqa: ARG002 - nothing is waited for
        """Let the model encode the texts, one caller at a time."""
        with self._turn:
            found = self._model.encode(list(texts), show_progress_bar=False, convert_to_numpy=True)
        return read_vectors(found, len(texts), f"`{self.name}`")
