"""Text to vectors, by whichever model is named; when and for whom, `core` knows."""

from __future__ import annotations

from .base import Embedder
from .kinds import Means, make_embedder

__all__ = ["Embedder", "Means", "make_embedder"]
