"""Makes vectors of texts, the same ones for the same text, without any meaning."""

from __future__ import annotations

from hashlib import shake_256
from uuid import UUID

BYTES_PER_NUMBER = 2
NAMESPACE = UUID("6a0e4e2c-5e0f-4c1f-9d5e-0d3a5f1f7c21")


def embed(text: str, dimension: int) -> list[float]:
    """Return a unit vector that depends on nothing but the text and the dimension."""
    digest = shake_256(text.encode()).digest(dimension * BYTES_PER_NUMBER)
    pieces = zip(digest[::2], digest[1::2], strict=True)
    numbers = [(high * 256 + low) / 32767.5 - 1 for high, low in pieces]
    length = sum(each * each for each in numbers) ** 0.5 or 1.0
    return [each / length for each in numbers]
