"""The one JSON document of a command, and records as JSON Lines."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from ..model.canonical import format_time
from ..model.errors import MemctlError, Partial
from ..model.record import MemoryRecord
from .text import escape_in_json, is_utf8

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import DataclassInstance

    from ..model.results import Result

SCHEMA: Final = 1
"""Grows only when a key goes or changes its meaning; keys that are added leave it as it is."""

_RECORD_FIELDS: Final = tuple(field.name for field in fields(MemoryRecord))


def document(command: str, result: Result) -> str:
    """Write the document of a command that has something to tell.

    Args:
        command: the command's words.
        result: its fields become the keys of ``data``, but for those that its class names in
            ``HIDDEN``.
    """
    # A document of many records says about vectors what was asked for; one of one record has all.
    with_embeddings = bool(getattr(result, "with_embeddings", True))
    data = _plain(result, with_embeddings=with_embeddings)
    return _envelope(command, data, result.errors)


def failure(command: str, error: MemctlError) -> str:
    """Write the document of a command that failed before it had anything to tell."""
    return _envelope(command, {}, [error])


def line(record: MemoryRecord, *, with_embeddings: bool) -> str:
    """Write one record as one line of JSON Lines."""
    return _dump(_record(record, with_embeddings=with_embeddings), separators=(",", ":"))


def _envelope(command: str, data: Any, errors: Sequence[MemctlError]) -> str:
    exit_code = errors[0].exit_code if errors else 0
    status = "partial" if exit_code == Partial.exit_code else "error" if errors else "success"
    content = {
        "schema": SCHEMA,
        "command": command,
        "status": status,
        "exit_code": exit_code,
        "data": data,
        "errors": [_error(each) for each in errors],
    }
    return _dump(content, indent=2)


def _dump(value: object, **layout: Any) -> str:
    """Write JSON that any reader takes: UTF-8, or ASCII where standard output is not UTF-8.

    NaN and infinities, which JSON does not have and stores of other programs may, become texts.
    """
    is_ascii = not is_utf8(sys.stdout)
    try:
        text = json.dumps(value, ensure_ascii=is_ascii, allow_nan=False, **layout)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=is_ascii, allow_nan=False, **layout)
    return escape_in_json(text)


def _finite(value: Any) -> Any:
    """Put the name of a number that JSON does not have in its place: `NaN`, `-Infinity`."""
    match value:
        case dict():
            return {key: _finite(each) for key, each in value.items()}
        case list() | tuple():
            return [_finite(each) for each in value]
        case float() if not isfinite(value):
            return json.dumps(value)
    return value


def _plain(value: Any, *, with_embeddings: bool) -> Any:
    """Turn dataclasses, enums and times into what JSON knows, recursively."""
    inner = partial(_plain, with_embeddings=with_embeddings)
    match value:
        case MemoryRecord():
            return _record(value, with_embeddings=with_embeddings)
        case MemctlError():
            return _error(value)
        case dict():
            return {str(key): inner(each) for key, each in value.items()}
        case list() | tuple():
            return [inner(each) for each in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {name: inner(getattr(value, name)) for name in _shown_fields(value)}
    return _scalar(value)


def _scalar(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case datetime():
            return format_time(value)
        case date():
            return value.isoformat()
    return value


def _shown_fields(value: DataclassInstance) -> list[str]:
    """Name a dataclass's fields in their order, but for those in its ``HIDDEN``."""
    hidden: frozenset[str] = getattr(value, "HIDDEN", frozenset())
    return [field.name for field in fields(value) if field.name not in hidden]


def _error(error: MemctlError) -> dict[str, str | None]:
    return {"code": error.code, "message": error.message, "hint": error.hint}


def _record(record: MemoryRecord, *, with_embeddings: bool) -> dict[str, Any]:
    plain = {name: getattr(record, name) for name in _RECORD_FIELDS}
    plain["type"] = record.type.value
    plain["created_at"] = format_time(record.created_at) if record.created_at else None
    if not with_embeddings:
        del plain["embedding"]
    elif record.embedding is not None:
        vector = record.embedding.astype("<f4", copy=False)
        plain["embedding"] = b64encode(vector.tobytes()).decode("ascii")
    return plain
