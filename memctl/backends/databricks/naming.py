"""The names of endpoints and indexes that setup makes, and the service's limits on them."""

from __future__ import annotations

import re
import secrets
import string
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ...model.errors import InvalidSetting
from ...model.memory_type import MemoryType
from ...model.setting import Setting, SettingKind

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLES: Final = {
    MemoryType.SHORT_TERM: "short_term_memory",
    MemoryType.LONG_TERM: "long_term_memory",
    MemoryType.ENTITY: "entity_memory",
    MemoryType.DOCUMENT: "document_embeddings",
}
"""Memory type -> the last part of its index's name, as Kasal has it."""

DEFAULT_ENDPOINT: Final = "memctl_memory"
DEFAULT_DOCUMENT_ENDPOINT: Final = "memctl_documents"
ENDPOINT_TYPES: Final = ("STANDARD", "STORAGE_OPTIMIZED")
LARGEST_DIMENSION: Final = 4096
_DIVISOR: Final = 16
"""Dimensions on a storage-optimized endpoint are multiples of it."""
_LONGEST_INDEX_NAME: Final = 128
_PART: Final = re.compile(r"[A-Za-z0-9_]+")
_ENDPOINT: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,48}[A-Za-z0-9])?")
"""No rule is documented; this is what every name that was seen keeps to."""

SETUP_OPTIONS: Final = (
    Setting(
        "endpoint_type",
        "The type of the endpoints that are made; where one is there, it must be of this type.",
        choices=ENDPOINT_TYPES,
    ),
    Setting(
        "type",
        "Only this memory type; repeatable.",
        kind=SettingKind.LIST,
        choices=tuple(each.value for each in TABLES),
    ),
    Setting(
        "suffix",
        "What the names of indexes, and of endpoints that are not named, end with: `none`, `auto` "
        "for the time and four letters, or a text.",
        default="none",
    ),
    Setting("create_schema", "Make the schema if it is missing.", kind=SettingKind.SWITCH),
    Setting(
        "grant",
        "Let this user, group or service principal read the indexes; repeatable.",
        kind=SettingKind.LIST,
    ),
    Setting(
        "wait",
        "Wait until all of it is ready.",
        kind=SettingKind.SWITCH,
        default=True,
        is_kept=False,
    ),
    Setting(
        "wait_timeout",
        "How many seconds to wait for all of it; nothing is taken back when they are over.",
        kind=SettingKind.INTEGER,
        default=3600,
        is_kept=False,
    ),
)


def name_resources(
    given: Mapping[str, Any], options: Mapping[str, Any], *, is_new: bool
) -> dict[str, Any]:
    """Complete a profile's settings by the names of endpoints and indexes.

    Args:
        given: the settings that are known.
        options: of the setup.
        is_new: whether the profile is a new one; an old one keeps the memory types that it has.

    Raises:
        InvalidSetting: when the service would not take one of them.
    """
    named = dict(given)
    catalog = _part("catalog", named.setdefault("catalog", "ml"))
    schema = _part("schema", named.setdefault("schema", "agents"))
    wanted = _wanted_types(named, options, is_new=is_new)
    ending = _suffix(options.get("suffix"))
    for each in wanted:
        named.setdefault(index_setting(each), f"{catalog}.{schema}.{TABLES[each]}{ending}")
        check_index_name(named[index_setting(each)])
    if set(wanted) - {MemoryType.DOCUMENT}:
        named.setdefault("endpoint", DEFAULT_ENDPOINT + ending)
    if MemoryType.DOCUMENT in wanted:
        named.setdefault("document_endpoint", DEFAULT_DOCUMENT_ENDPOINT + ending)
    for setting in ("endpoint", "document_endpoint"):
        if named.get(setting) is not None:
            check_endpoint_name(named[setting], setting)
    check_dimension(int(named.setdefault("dimension", 1024)), options.get("endpoint_type"))
    return named


def index_setting(memory_type: MemoryType) -> str:
    """Name the setting that holds the name of a memory type's index."""
    return f"{memory_type.value}_index"


def endpoint_for(settings: Mapping[str, Any], memory_type: MemoryType) -> str | None:
    """Name the endpoint that serves a memory type, `None` where the profile says nothing of it."""
    of_documents = settings.get("document_endpoint")
    if memory_type is MemoryType.DOCUMENT and of_documents:
        return str(of_documents)
    name = settings.get("endpoint")
    return str(name) if name else None


def own_indexes(settings: Mapping[str, Any]) -> dict[MemoryType, str]:
    """Return the full name of the index of each memory type that the profile names one for."""
    return {
        each: settings[index_setting(each)]
        for each in MemoryType
        if settings.get(index_setting(each))
    }


def check_index_name(name: str) -> None:
    """Refuse what is no full name of an index.

    Raises:
        InvalidSetting: then.
    """
    parts = name.split(".")
    is_one = len(parts) == 3 and all(map(_PART.fullmatch, parts))  # noqa: PLR2004 - catalog, schema and table
    if not is_one or len(name) > _LONGEST_INDEX_NAME:
        raise InvalidSetting(
            f"`{name[:200]}` is no name of an index",
            hint="it is CATALOG.SCHEMA.NAME, each of letters, digits and `_`, and at most "
            f"{_LONGEST_INDEX_NAME} characters in all",
        )


def check_endpoint_name(name: str, setting: str = "endpoint") -> None:
    """Refuse what may be no name of an endpoint.

    Raises:
        InvalidSetting: then.
    """
    if not _ENDPOINT.fullmatch(name):
        raise InvalidSetting(
            f"setting `{setting}`: `{name[:80]}` is no name of an endpoint",
            hint="use 1 to 50 letters, digits, `_` and `-`, with a letter or digit at both ends",
        )


def check_dimension(dimension: int, endpoint_type: str | None) -> None:
    """Refuse a dimension that no index can have.

    Raises:
        InvalidSetting: then.
    """
    if not 1 <= dimension <= LARGEST_DIMENSION:
        raise InvalidSetting(
            f"setting `dimension`: {dimension} is not between 1 and {LARGEST_DIMENSION}",
            hint="it is the length of the vectors that your model makes",
        )
    if endpoint_type == "STORAGE_OPTIMIZED" and dimension % _DIVISOR:
        raise InvalidSetting(
            f"setting `dimension`: {dimension} is not divisible by {_DIVISOR}, as a "
            "storage-optimized endpoint needs it",
            hint="use an endpoint of type STANDARD",
        )


def _wanted_types(
    named: Mapping[str, Any], options: Mapping[str, Any], *, is_new: bool
) -> list[MemoryType]:
    """Return the memory types that the profile will hold."""
    if options.get("type"):
        return [each for each in TABLES if each.value in options["type"]]
    return list(TABLES) if is_new else [each for each in TABLES if each in own_indexes(named)]


def _part(setting: str, value: str) -> str:
    if not _PART.fullmatch(value):
        raise InvalidSetting(
            f"setting `{setting}`: `{value[:80]}` holds more than letters, digits and `_`",
            hint="the service takes nothing else in the name of an index",
        )
    return value


def _suffix(text: str | None) -> str:
    if text is None or text == "none":
        return ""
    if text == "auto":
        letters = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(4))
        return f"_{datetime.now(UTC):%Y%m%d_%H%M%S}_{letters}"
    return "_" + _part("suffix", text).removeprefix("_")
