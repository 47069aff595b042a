"""The `chroma` backend: Chroma's collections, in a directory of this machine or on a server."""

from __future__ import annotations

from .backend import ChromaBackend

__all__ = ["ChromaBackend"]
