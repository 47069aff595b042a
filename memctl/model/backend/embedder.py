"""What turns text into vectors, as settings name it, and where it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..address.logins import holds_more_than_place, shown
from ..address.url import origin_of
from ..errors import InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Mapping

DATABRICKS: Final = "databricks"
ONNX: Final = "onnx"
OPENAI: Final = "openai"
SENTENCE_TRANSFORMERS: Final = "sentence-transformers"
KINDS: Final = (DATABRICKS, ONNX, OPENAI, SENTENCE_TRANSFORMERS)

OPENAI_URL: Final = "https://api.openai.com/v1"
"""Where `openai` models are where no URL says otherwise."""

_MODEL: Final = re.compile(r"[^\s\x00-\x1f\x7f]{1,200}")


@dataclass(frozen=True, slots=True)
class EmbedderName:
    """A model that turns text into vectors, and how it is reached: ``KIND:MODEL``."""

    kind: str
    model: str

    @classmethod
    def parse(cls, text: str) -> EmbedderName:
        """Read ``KIND:MODEL``.

        Raises:
            InvalidSetting: when there is no such kind, or no model behind it.
        """
        kind, _, model = text.partition(":")
        if kind not in KINDS or not _MODEL.fullmatch(model) or holds_more_than_place(text):
            raise InvalidSetting(
                f"`{shown(text)[:100]}` is not KIND:MODEL",
                hint="the kinds are "
                + ", ".join(f"`{each}`" for each in KINDS)
                + "; write for example `openai:text-embedding-3-small`",
            )
        return cls(kind, model)

    def __str__(self) -> str:
        return f"{self.kind}:{self.model}"

    @property
    def takes_url(self) -> bool:
        """Whether a URL says where it is."""
        return self.kind == OPENAI

    def makes_same_vectors(self, other: EmbedderName) -> bool:
        """Return whether both name the same model, however each is reached.

        Servers write an owner before a model's name (``sentence-transformers/all-MiniLM-L6-v2``).
        """
        names = {each.model.rpartition("/")[2].lower() for each in (self, other)}
        return len(names) == 1


def are_same_models(one: str, other: str) -> bool:
    """Return whether two names of embedders, as stores keep them, mean the same model."""
    try:
        return EmbedderName.parse(one).makes_same_vectors(EmbedderName.parse(other))
    except InvalidSetting:  # another program's name for it
        return one == other


def server_url(settings: Mapping[str, Any]) -> str | None:
    """Return the base URL that texts are sent to, or `None` where no URL says it."""
    embedder = settings.get("embedder")
    if embedder is None or not EmbedderName.parse(embedder).takes_url:
        return None
    return settings.get("embedder_url") or OPENAI_URL


def embedder_host(settings: Mapping[str, Any]) -> str | None:
    """Name the host that the embedder's key is sent to; `None` where none is sent."""
    url = server_url(settings)
    return None if url is None else str(origin_of(url))
