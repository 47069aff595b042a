"""Queries: the nearest rows that a filter keeps, page by page."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..refusal import invalid, not_imitated
from .embedding import embed
from .filters import parse_filters
from .sql_filters import parse_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .index import Index, Spec
    from .rows import Row

PAGE = 1000
MOST_RESULTS = 10_000
MOST_OPEN_QUERIES = 100
NOT_IMITATED = ("reranker", "columns_to_rerank", "query_columns", "sort_columns", "facets")


class Queries:
    """The pages of results that have not been asked for yet, by token."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, tuple[list[str], list[list[Any]]]] = OrderedDict()

    def run(self, index: Index, body: dict[str, Any], *, is_optimized: bool) -> dict[str, Any]:
        """Answer a query with its first page.

        Raises:
            Refusal: when the index can't be asked that.
        """
        for each in NOT_IMITATED:
            if body.get(each):
                raise not_imitated(each)
        spec = index.spec
        columns = body["columns"]
        if unknown := [each for each in columns if each not in spec.columns]:
            raise invalid(f"Requested columns to fetch are not present in index: {unknown[0]}")
        limit = body.get("num_results") or 10
        if not 0 < limit <= MOST_RESULTS:
            raise invalid(f"num_results must be between 1 and {MOST_RESULTS}.")
        keep = _keep(body, spec, is_optimized=is_optimized)
        rows = index.read()
        found = rows.nearest(_vector(body, spec), limit, keep)
        least = body.get("score_threshold") or 0.0
        results = [
            [*(_shown(rows[key].get(each)) for each in columns), score]
            for key, score in found
            if score >= least
        ]
        return self._page([*columns, "score"], results)

    def next_page(self, token: str) -> dict[str, Any]:
        """Answer with the next page; asked for again, it is the same one.

        Raises:
            Refusal: when no query has that page.
        """
        if token not in self._open:
            raise invalid("Invalid page token.")
        return self._page(*self._open[token])

    def _page(self, columns: list[str], results: list[list[Any]]) -> dict[str, Any]:
        page, rest = results[:PAGE], results[PAGE:]
        token = ""
        if rest:
            token = str(uuid4())
            self._open[token] = columns, rest
            if len(self._open) > MOST_OPEN_QUERIES:
                self._open.popitem(last=False)
        return {
            "manifest": {
                "column_count": len(columns),
                "columns": [{"name": each} for each in columns],
            },
            "result": {"row_count": len(page), "data_array": page},
            "next_page_token": token,
        }


def _keep(body: dict[str, Any], spec: Spec, *, is_optimized: bool) -> Callable[[Row], bool]:
    """Read the filter, in the dialect that the endpoint's type speaks."""
    as_json, as_sql = body.get("filters_json"), body.get("filter_string")
    if as_json and is_optimized:
        raise invalid("filters_json is not supported on storage optimized endpoints.")
    if as_sql and not is_optimized:
        raise invalid("filter_string is only supported on storage optimized endpoints.")
    if as_json:
        return parse_filters(as_json, spec.columns)
    if as_sql:
        return parse_filter(as_sql, spec.columns)
    return lambda _: True


def _vector(body: dict[str, Any], spec: Spec) -> Sequence[float]:
    if body.get("query_type") not in {None, "ANN"}:
        raise not_imitated(f"query type {body['query_type']}")
    vector: list[float] | None = body.get("query_vector")
    if vector is None:
        if not body.get("query_text") or not spec.sources:
            raise invalid("query_vector is required: the index has no embedding source column.")
        return embed(body["query_text"], spec.dimension)
    if len(vector) != spec.dimension:
        message = f"Query vector has {len(vector)} dimensions; the index has {spec.dimension}."
        raise invalid(message)
    return vector


def _shown(value: Any) -> Any:
    """Write a value as a query does: every number a double."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_whole else value
