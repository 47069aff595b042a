"""Cuts an index's keys into ranges that can be read at once.

The service counts no rows of a range, and gives no key but the one after another. So the keys are
sampled: "which comes after this text?", for texts that are spread over what the keys look like.
"""

from __future__ import annotations

import string
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from .keys import common_length, evenly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    NextKey = Callable[[str | None], str | None]
    """Returns the key that comes after a text, or the first one."""

ALPHABETS: Final = (string.digits, string.digits + "abcdef", string.digits + string.ascii_letters)
_PROBES_AT_ONCE: Final = 8
_BEHIND_ALL: Final = "~"


def find_cuts(next_key: NextKey, n: int) -> list[str]:
    """Return up to ``n - 1`` keys, in order, that cut all keys into about equal parts.

    Args:
        next_key: asks the service.
        n: how many parts are wanted.
    """
    first = next_key(None)
    if first is None or n < 2:  # noqa: PLR2004 - one part needs no cut
        return []
    with ThreadPoolExecutor(_PROBES_AT_ONCE) as pool:

        def probe(texts: Iterable[str]) -> list[str | None]:
            return list(pool.map(next_key, texts))

        prefix = _shared_prefix(first, probe)
        sample = _distinct(probe(_spread(first, prefix)))
        if len(sample) < n:
            heads = sorted({each[: len(prefix) + 1] for each in [first, *sample]})
            finer = [text for head in heads for text in _spread(first, head)]
            sample = _distinct([*sample, *probe(finer)])
    return evenly([first, *(each for each in sample if each > first)], n - 1)


def _distinct(keys: Iterable[str | None]) -> list[str]:
    return sorted({each for each in keys if each is not None})


def _shared_prefix(first: str, probe: Callable[[Iterable[str]], list[str | None]]) -> str:
    """Find the longest start of the first key that all others share.

    Several lengths are tried at once: where a key comes behind all that share so much, the prefix
    is shorter.
    """
    low, high = 0, len(first) - 1
    while low < high:
        step = -(-(high - low) // _PROBES_AT_ONCE)
        lengths = range(low + 1, high + 1, step)
        others = probe(first[:length] + _BEHIND_ALL for length in lengths)
        for length, other in zip(lengths, others, strict=True):
            if other is None:
                low = max(low, length)
            else:
                high = min(high, common_length(first, other))
        low = min(low, high)
    return first[:low]


def _spread(first: str, prefix: str) -> list[str]:
    """Return texts behind a prefix, one for each character that may come next."""
    rest = first[len(prefix) :]
    looks_like_uuid = "-" in rest
    kinds = ALPHABETS[1:] if looks_like_uuid else ALPHABETS
    fitting = (each for each in kinds if set(rest) <= {*each, "-"})
    return [prefix + each for each in next(fitting, ALPHABETS[-1])]
