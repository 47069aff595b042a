"""JSON that somebody else wrote, read within bounds of size and depth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LARGEST: Final = 2**30
"""Bytes, or characters of a text: ten times a page of a thousand long texts and vectors."""
DEEPEST: Final = 500
"""Levels of nesting; Python's parser gives up at about a thousand."""


class TooLarge(ValueError):
    """Something has more bytes than it may."""

    def __init__(self) -> None:
        super().__init__(f"it has more than {LARGEST} bytes")


def parse_json(
    data: str | bytes,
    *,
    decode: Callable[[Any], Any] = json.loads,
    deepest: int = DEEPEST,
) -> Any:
    """Return the value that JSON stands for.

    Args:
        data: the JSON.
        decode: the parser.
        deepest: how deep it may be nested.

    Raises:
        ValueError: when it is no JSON, too large or nested too deep.
    """
    if len(data) > LARGEST:
        raise TooLarge
    try:
        value = decode(data)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    # What is shorter can't be deeper, for every level takes two characters.
    if len(data) > 2 * deepest and depth_of(value, deepest) > deepest:
        raise ValueError("it is nested too deep")
    return value


def join_pieces(pieces: Iterable[bytes]) -> bytes:
    """Return the bytes that arrive in pieces, and take in no more than there may be.

    Raises:
        TooLarge: when there are more.
    """
    taken, size = [], 0
    for piece in pieces:
        taken.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise TooLarge
    return b"".join(taken)


def depth_of(value: Any, deepest: int = DEEPEST) -> int:
    """Return how deep a value is nested, or `deepest + 1` where it is deeper than that.

    It goes level by level, since what is meant to be deep would end any recursion.
    """
    depth, level = 0, _nested_in([value])
    while level and depth <= deepest:
        depth += 1
        level = [inner for each in level for inner in _nested_in(each)]
    return depth


_NESTED: Final = (dict, list, tuple)
_SIMPLE: Final = frozenset((bool, float, int, str, type(None)))


def _nested_in(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value
    # A vector's numbers, of which there are many, are not looked at one by one.
    if _SIMPLE.issuperset(map(type, inner)):
        return []
    return [each for each in inner if isinstance(each, _NESTED)]
