"""What goes wrong with embedders alone; the errors of every room are in `model.errors`."""

from __future__ import annotations

from ..model.errors import ConfigurationError, RequestRefused, Unsupported


class EmbedderNotInstalled(Unsupported):
    """The embedder needs an optional package that is not installed."""

    code = "embedder_not_installed"


class EmbedderUnusable(ConfigurationError):
    """The embedder's model is not there, or can't be loaded."""

    code = "embedder_unusable"


class TextRefused(RequestRefused):
    """The embedder takes one text not even alone.

    Attributes:
        text: the text.
    """

    code = "text_refused"

    def __init__(self, refused: RequestRefused, text: str) -> None:
        super().__init__(
            f"a text of {len(text):,} characters is refused: {refused.message}",
            hint=refused.hint,
            status=refused.status,
            reason=refused.reason,
            detail=refused.detail,
        )
        self.text = text


class WrongVectors(ConfigurationError):
    """The embedder's answer is no vectors for the texts that it was given."""

    code = "wrong_vectors"
