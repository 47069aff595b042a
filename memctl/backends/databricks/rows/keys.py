"""The order of primary keys, and positions in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAST: Final = "~"
"""Sorts behind the characters that most ids are made of."""


def is_after(a: str, b: str, *, as_text: bool) -> bool:
    """Return whether a key comes after another: text by code points, numbers by value."""
    return a > b if as_text else int(a) > int(b)


def just_before(key: str, *, as_text: bool) -> str | None:
    """Return a place before a key with few or no other keys between; `None` is the start.

    There is no text right before another one, so whoever reads from there reads on until the key.
    """
    if not as_text:
        return str(int(key) - 1)
    head, last = key[:-1], ord(key[-1])
    if last == 0:
        return head or None
    before = 0xD7FF if last == 0xE000 else last - 1  # noqa: PLR2004 - surrogates are no text
    return f"{head}{chr(before)}{_LAST}"


def common_length(a: str, b: str) -> int:
    """Count the characters at the start that two texts share."""
    for place, (one, other) in enumerate(zip(a, b, strict=False)):
        if one != other:
            return place
    return min(len(a), len(b))


def evenly(items: Sequence[str], n: int) -> list[str]:
    """Pick up to ``n`` items from all over a sequence, without the first one."""
    step = max(1, len(items) / (n + 1))
    places = sorted({round(step * number) for number in range(1, n + 1)})
    return [items[place] for place in places if 0 < place < len(items)]
