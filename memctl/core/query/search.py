"""Finds the records nearest to a vector, over every memory type that it fits; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING, Final

from ...model.bounded import parse_json
from ...model.errors import ConfigurationError, InvalidSetting, WrongDimension
from ...model.results import HitFound, SearchResult
from ..connect import connect
from ..embedding import check_embedder, embedder_settings, open_embedding
from .records import find_record
from .rows import EVERY_ROW, Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ...backends.base import Hit, MemoryBackend
    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ..connect import Connection
    from ..selection import StoreRequest

    Vector = NDArray[np.float32]

USUAL_LIMIT: Final = 10
_LOWER_IS_NEARER: Final = "l2"
_NPY_MAGIC: Final = b"\x93NUMPY"
_HINT: Final = "give a JSON list of numbers, or a one-dimensional array as `numpy.save` writes it"


class RecordWithoutVector(ConfigurationError):
    """The record that is to be searched with has no vector."""

    code = "record_without_vector"


@dataclass(frozen=True, slots=True)
class SearchOrder:
    """What is to be searched for, and where.

    Attributes:
        vector: what to be near to, as `read_vector` gives it; `None` where another says it.
        like: the id of a record whose vector is used; it is not among the hits.
        text: a text whose vector is used.
        embedder: the model that turns the text into a vector; `None` means the profile's.
        embedder_url: where that model is, where it is on a server.
        rows: those that may be found; of no type in particular means of every type with vectors of
            that dimension.
        limit: at most so many hits.
        with_embeddings: give the hits' vectors too.
    """

    vector: Vector | None = None
    like: str | None = None
    text: str | None = None
    embedder: str | None = None
    embedder_url: str | None = None
    rows: Rows = EVERY_ROW
    limit: int = USUAL_LIMIT
    with_embeddings: bool = False


def read_vector(data: bytes, name: str) -> Vector:
    """Read a vector from JSON or from a ``.npy`` file's bytes.

    Args:
        data: the bytes.
        name: where they come from, for the message.

    Raises:
        InvalidSetting: when they are no vector of finite numbers.
    """
    import numpy as np

    try:
        if data.startswith(_NPY_MAGIC):
            found = np.load(BytesIO(data), allow_pickle=False)
        else:
            found = np.array(parse_json(data))
    except (ValueError, EOFError, OverflowError) as exc:
        raise InvalidSetting(f"`{name}` holds no vector: {exc}", hint=_HINT) from exc
    is_vector = np.issubdtype(found.dtype, np.number) and found.ndim == 1 and found.size
    if is_vector and not np.iscomplexobj(found):
        with np.errstate(over="ignore"):  # what is too large becomes an infinity, and is refused
            vector: Vector = found.astype(np.float32)
        if np.isfinite(vector).all():
            return vector
    raise InvalidSetting(f"`{name}` holds no vector of finite numbers", hint=_HINT)


def search_memory(request: StoreRequest, order: SearchOrder) -> SearchResult:
    """Find the nearest records.

    Raises:
        RecordNotFound: when there is no record of the id in ``like``.
        WrongDimension: when no type that is asked for has vectors of that dimension.
        OtherEmbedder: when their vectors are of another model than the text's.
        MemctlError: when the store can't be chosen, opened or read in full, or the text can't be
            turned into a vector.
    """
    settings = embedder_settings(order.embedder, order.embedder_url) if order.text else {}
    request = replace(request, settings={**request.settings, **settings})
    with connect(request, only_looks=True) as connection:
        backend, origin = connection.backend, None
        if order.like is not None:
            anywhere = Rows(include_unscoped=order.rows.include_unscoped)
            origin, _ = find_record(connection, order.like, anywhere)
        vector = _vector(connection, order, origin)
        types = _types(backend, order.rows.types, vector)
        embedder = _embedder(connection, types) if order.text else None
        selector = connection.selector(replace(order.rows, types=frozenset(types)))
        most = order.limit + (origin is not None)
        hits = [
            hit
            for each in types
            for hit in backend.search(each, vector, limit=most, selector=selector)
            if not _is_same(hit.record, origin)
        ]
        return SearchResult(
            **connection.used.named,
            group_id=selector.group_id,
            crew_id=order.rows.crew_id,
            like=order.like,
            dimension=vector.shape[0],
            types=types,
            hits=_ranked(hits, order.limit),
            with_embeddings=order.with_embeddings,
            text=order.text,
            embedder=embedder,
        )


def _vector(connection: Connection, order: SearchOrder, origin: MemoryRecord | None) -> Vector:
    """Return the vector to search with: the one that was given, a record's, or a text's."""
    if order.text is not None:
        with open_embedding(connection) as embedding:
            return embedding.embed_one(order.text)
    vector = order.vector if origin is None else origin.embedding
    if vector is None:
        raise RecordWithoutVector(
            f"record `{str(order.like)[:80]}` has no vector",
            hint="search with another record, or with `--vector`",
        )
    return vector


def _embedder(connection: Connection, types: list[MemoryType]) -> str:
    """Return the model of the text's vector, once it is clear that the stored ones are of it."""
    embedder = str(connection.selection.settings["embedder"])
    check_embedder(connection.backend, types, embedder)
    return embedder


def _types(
    backend: MemoryBackend, asked: frozenset[MemoryType], vector: Vector
) -> list[MemoryType]:
    """List the types to search: those asked for, else those that hold vectors of that dimension."""
    described = backend.describe()
    held: dict[MemoryType, set[int]] = {each: set() for each in described.types}
    for each in described.collections:
        if each.type is not None and each.dimension is not None and backend.rows_in(each):
            held[each.type].add(each.dimension)
    wanted = {each: found for each, found in held.items() if found and (not asked or each in asked)}
    fitting = [each for each, found in wanted.items() if vector.shape[0] in found]
    misfits = {each: found for each, found in wanted.items() if each not in fitting}
    if misfits and (asked or not fitting):
        said = "; ".join(
            f"{each} has {', '.join(map(str, sorted(found)))}" for each, found in misfits.items()
        )
        raise WrongDimension(
            f"the vector has {vector.shape[0]} dimensions, and in `{backend.location}` {said}",
            hint="search with a vector of the model that made the stored ones",
        )
    return fitting


def _ranked(hits: list[Hit], limit: int) -> list[HitFound]:
    """Rank the hits of one metric together, over all types: only those can be compared."""
    ranked: list[HitFound] = []
    by_metric = sorted(hits, key=lambda hit: hit.metric)
    for metric, group in groupby(by_metric, key=lambda hit: hit.metric):
        is_higher_nearer = metric != _LOWER_IS_NEARER
        nearest_first = sorted(group, key=lambda hit: hit.score, reverse=is_higher_nearer)
        ranked += [HitFound(each.score, metric, each.record) for each in nearest_first[:limit]]
    return ranked


def _is_same(record: MemoryRecord, origin: MemoryRecord | None) -> bool:
    if origin is None:
        return False
    owner = (origin.group_id, origin.crew_id)
    same_id = (record.type, record.id) == (origin.type, origin.id)
    return same_id and (record.group_id, record.crew_id) == owner
