"""Reads vectors out of an embedder's answer and says what is wrong with them; asks for none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import WrongVectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def read_answer(body: Any, texts: int, place: str) -> NDArray[np.float32]:
    """Read an answer in the form of OpenAI's embeddings: ``data``, each with its ``index``.

    Args:
        body: the answer's JSON.
        texts: how many texts were sent.
        place: who answered, for the message.

    Returns:
        float32 of shape ``(texts, dimension)``, in the order of the texts.

    Raises:
        WrongVectors: when it is anything else.
    """
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list) or not all(isinstance(each, dict) for each in data):
        raise _wrong(place, "no list of vectors under `data`")
    if len(data) != texts:
        raise _wrong(place, f"{len(data)} vectors for {texts} texts")
    places = [each.get("index", number) for number, each in enumerate(data)]
    if sorted(map(str, places)) != sorted(map(str, range(texts))):
        raise _wrong(place, "vectors whose `index` does not say which text is theirs")
    in_order = sorted(zip(map(int, places), data, strict=True), key=lambda pair: pair[0])
    return read_vectors([each.get("embedding") for _, each in in_order], texts, place)


def read_vectors(found: Any, texts: int, place: str) -> NDArray[np.float32]:
    """Check that there is one vector for each text, all of one dimension, finite and not zero.

    Raises:
        WrongVectors: saying what is wrong.
    """
    import numpy as np

    try:
        vectors = np.asarray(found)
        is_numbers = vectors.dtype.kind in "fiu" and vectors.ndim == 2  # noqa: PLR2004 - a matrix
    except ValueError:  # rows of several lengths
        is_numbers = False
    if not is_numbers or not vectors.size:
        raise _wrong(place, "what is no list of numbers of one dimension for each text")
    if len(vectors) != texts:
        raise _wrong(place, f"{len(vectors)} vectors for {texts} texts")
    with np.errstate(over="ignore"):  # what is too large becomes an infinity, and is refused
        narrowed: NDArray[np.float32] = vectors.astype(np.float32)
    if not np.isfinite(narrowed).all():
        raise _wrong(place, "a vector that holds NaN or an infinity")
    if not narrowed.any(axis=1).all():
        raise _wrong(place, "a vector of zeros, which is near to nothing")
    return narrowed


def _wrong(place: str, what: str) -> WrongVectors:
    return WrongVectors(
        f"{place} gives {what}", hint="check that the model is one that embeds text"
    )
