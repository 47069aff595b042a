"""chromadb's own default model, on this machine; chromadb fetches and runs it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from ..model.backend.packages import way_to_install
from ..model.errors import InvalidSetting, Unreachable
from .answers import read_vectors
from .base import Embedder
from .errors import EmbedderNotInstalled, EmbedderUnusable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ..model.backend.embedder import EmbedderName

MODEL: Final = "all-MiniLM-L6-v2"
NEEDED: Final = ("onnxruntime", "tokenizers", "tqdm")
"""What chromadb runs it with, and brings."""


class OnnxMiniLM(Embedder):
    """The model by which Chroma embeds where nobody tells it otherwise: 384 dimensions.

    It reads the first 256 tokens of a text. chromadb fetches it once, 80 MB, and keeps it under
    ``~/.cache/chroma``.

    Raises:
        InvalidSetting: for another model's name.
        EmbedderNotInstalled: when a package that chromadb brings is missing.
    """

    place = "this machine"

    def __init__(self, name: EmbedderName) -> None:
        super().__init__(name)
        if name.model != MODEL:
            raise InvalidSetting(
                f"`{name}` is not there: chromadb has one ONNX model, `onnx:{MODEL}`",
                hint="name that one, or a model of another kind, such as "
                f"`sentence-transformers:{name.model}`",
            )
        from chromadb.utils.embedding_functions.onnx_mini_lm_l6_v2 import ONNXMiniLM_L6_V2

        try:
            self._function: Any = ONNXMiniLM_L6_V2()
        except ValueError as exc:
            raise EmbedderNotInstalled(
                f"`{name}` can't run: {exc}", hint=f"run `{way_to_install(*NEEDED)}`"
            ) from exc
        self._function.tqdm = partial(self._function.tqdm, disable=True)
        self._turn = Lock()

    @property
    def _directory(self) -> Path:
        return Path(self._function.DOWNLOAD_PATH, self._function.EXTRACTED_FOLDER_NAME)

    def embed(self, texts: Sequence[str], seconds: float) -> NDArray[np.float32]:  # noqa: ARG002 - nothing is waited for
        """Let chromadb run the model, one caller at a time; the first call may fetch it."""
        import httpx

        try:
            with self._turn:
                found = self._function(list(texts))
        except httpx.HTTPError as exc:
            raise Unreachable(
                f"the model of `{self.name}` is not in `{self._directory}` and can't be fetched "
                f"from {self._function.MODEL_DOWNLOAD_URL}: {str(exc) or type(exc).__name__}",
                hint="run the command where that can be reached, or copy the directory from a "
                "machine that has it",
            ) from exc
        except Exception as exc:
            # Of several packages: what was fetched is cut short, can't be written or not be read.
            raise EmbedderUnusable(
                f"the model of `{self.name}` in `{self._directory}` can't be used: {exc}",
                hint="delete the directory above it, so that it is fetched anew",
            ) from exc
        return read_vectors(found, len(texts), f"`{self.name}`")
