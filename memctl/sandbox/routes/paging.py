"""Lists in pages, as every route of the API has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..refusal import invalid

if TYPE_CHECKING:
    from ..requests.operation import Call


def page(call: Call, key: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one page of a list, and the token of the next one if there is more.

    Raises:
        Refusal: when ``page_token`` or ``max_results`` is none.
    """
    start = _number(call, "page_token") or 0
    size = _number(call, "max_results") or call.workspace.options.page_size
    shown: dict[str, Any] = {key: found[start : start + size]}
    if start + size < len(found):
        shown["next_page_token"] = str(start + size)
    return shown


def _number(call: Call, parameter: str) -> int | None:
    text = call.first(parameter)
    if not text:
        return None
    if not text.isdecimal():
        raise invalid(f"Invalid {parameter} {text}.")
    return int(text)
