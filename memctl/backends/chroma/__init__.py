"""The `chroma` backend: a Chroma directory, read from its files and written by chromadb."""

from __future__ import annotations

from .backend import ChromaBackend

__all__ = ["ChromaBackend"]
