"""Which kinds of embedder there are, and how one is made; each kind has a module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..model.backend.embedder import DATABRICKS, ONNX, OPENAI, OPENAI_URL, EmbedderName

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

    from .base import Embedder, Invoke


@dataclass(frozen=True, slots=True)
class Means:
    """What embedders are given; each kind takes what it needs.

    Attributes:
        read_key: gives the key of an OpenAI-compatible server, or `None`; it is for `url` only.
        invoke: sends a body to a model that is served beside the store, under its name.
        url: the base URL of an OpenAI-compatible server.
    """

    read_key: Callable[[], SecretStr | None]
    invoke: Invoke
    url: str = OPENAI_URL


def make_embedder(name: EmbedderName, means: Means) -> Embedder:
    """Make the embedder of a name; nothing is sent yet.

    Raises:
        InvalidSetting: when the key would travel unencrypted, or the kind has no such model.
        EmbedderNotInstalled: when a package is missing.
    """
    if name.kind == OPENAI:
        from .openai import OpenAICompatible

        return OpenAICompatible(name, means.url, means.read_key())
    if name.kind == DATABRICKS:
        from .served import ServedModel

        return ServedModel(name, means.invoke)
    if name.kind == ONNX:
        from .onnx import OnnxMiniLM

        return OnnxMiniLM(name)
    from .sentence_transformers import SentenceTransformerModel

    return SentenceTransformerModel(name)
