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
from .records import RecordNotFound
from .rows import EVERY_ROW, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from ...backends.base import Hit, MemoryBackend
    from ...model.memory_type import MemoryType
    from ...model.record import MemoryRecord
    from ...model.selector import Selector
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
        origin = _find(connection, order) if order.like is not None else None
        vector = _vector(connection, order, origin)
        types = _types(connection.backend, order.rows.types, vector)
        embedder = connection.selection.settings["embedder"] if order.text else None
        if embedder is not None:
            searched = [each for each in connection.backend.collections() if each.type in types]
            check_embedder(searched, embedder, connection.backend.location)
        selector = connection.selector(replace(order.rows, types=frozenset(types)))
        most = order.limit + (origin is not None)
        found = _search(connection.backend, selector, types, vector, most)
        hits = _ranked([each for each in found if not _is_same(each.record, origin)], order.limit)
        return SearchResult(
            **connection.used.named,
            group_id=selector.group_id,
            crew_id=order.rows.crew_id,
            like=order.like,
            dimension=vector.shape[0],
            types=types,
            hits=[HitFound(each.score, each.metric, each.record) for each in hits],
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


def _find(connection: Connection, order: SearchOrder) -> MemoryRecord:
    """Find the record whose vector is used, in the first memory type that has it."""
    ids = frozenset({str(order.like)})
    selector = connection.selector(Rows(include_unscoped=order.rows.include_unscoped, ids=ids))
    for memory_type in connection.backend.types():
        for batch in connection.backend.scan(memory_type, selector):
            for record in batch.records:
                return record
    raise RecordNotFound(
        f"no record `{str(order.like)[:80]}` in `{connection.backend.location}`",
        hint="run `memctl records list` to see which there are",
    )


def _types(
    backend: MemoryBackend, asked: frozenset[MemoryType], vector: Vector
) -> list[MemoryType]:
    """List the types to search: those asked for, else those that hold vectors of that dimension."""
    held: dict[MemoryType, set[int]] = {each: set() for each in backend.types()}
    for each in backend.collections():
        if each.type is not None and each.dimension is not None and each.records:
            held[each.type].add(each.dimension)
    wanted = {each: found for each, found in held.items() if found and (not asked or each in asked)}
    fitting = [each for each, found in wanted.items() if vector.shape[0] in found]
    misfits = {each: found for each, found in wanted.items() if each not in fitting}
    if misfits and (asked or not fitting):
        said = "; ".join(f"{each} has {_listed(found)}" for each, found in misfits.items())
        raise WrongDimension(
            f"the vector has {vector.shape[0]} dimensions, and in `{backend.location}` {said}",
            hint="search with a vector of the model that made the stored ones",
        )
    return fitting


def _listed(dimensions: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(dimensions)))


def _search(
    backend: MemoryBackend,
    selector: Selector,
    types: list[MemoryType],
    vector: Vector,
    limit: int,
) -> list[Hit]:
    return [
        hit
        for memory_type in types
        for hit in backend.search(memory_type, vector, limit=limit, selector=selector)
    ]


def _ranked(hits: list[Hit], limit: int) -> list[Hit]:
    """Rank the hits of one metric together, over all types: only those can be compared."""
    ranked: list[Hit] = []
    by_metric = sorted(hits, key=lambda hit: hit.metric)
    for metric, group in groupby(by_metric, key=lambda hit: hit.metric):
        is_higher_nearer = metric != _LOWER_IS_NEARER
        nearest_first = sorted(group, key=lambda hit: hit.score, reverse=is_higher_nearer)
        ranked += nearest_first[:limit]
    return ranked


def _is_same(record: MemoryRecord, origin: MemoryRecord | None) -> bool:
    if origin is None:
        return False
    owner = (origin.group_id, origin.crew_id)
    same_id = (record.type, record.id) == (origin.type, origin.id)
    return same_id and (record.group_id, record.crew_id) == owner
