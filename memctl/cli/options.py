"""The options that several commands share; what is common to all is in `command`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..model.address.logins import shown
from ..model.errors import UsageError
from ..model.memory_type import MemoryType
from ..model.profile import DEFAULT_GROUP
from ..model.requests.on_conflict import OnConflict
from .command import STORE
from .complete import complete_group, complete_profile

if TYPE_CHECKING:
    from ..core.selection import StoreRequest
    from .output import Output

ROWS = "Which records"
EMBEDDING = "Embedding"

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A profile, or BACKEND:LOCATION.",
        autocompletion=complete_profile,
    ),
]
TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="A profile, or BACKEND:LOCATION.",
        autocompletion=complete_profile,
    ),
]
GroupOption = Annotated[
    str | None,
    typer.Option(
        "--group",
        "-g",
        envvar="MEMCTL_GROUP",
        metavar="GROUP",
        help="The group whose profiles and rows are meant (`default` if none is given).",
        autocompletion=complete_group,
        rich_help_panel=STORE,
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        "-p",
        envvar="MEMCTL_PROFILE",
        metavar="NAME",
        help="A saved profile, instead of the one in force.",
        autocompletion=complete_profile,
        rich_help_panel=STORE,
    ),
]
AtOption = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="BACKEND:LOCATION",
        help="A store without a profile, such as `chroma:./memory`.",
        rich_help_panel=STORE,
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="TYPE=COLLECTION",
        help="Say the memory type of a collection whose name does not; repeatable.",
        rich_help_panel=STORE,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SETTING=VALUE",
        help="A setting of the store that a location names; repeatable.",
        rich_help_panel=STORE,
    ),
]
SourceSetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SETTING=VALUE",
        help="A setting of SOURCE, where that is a location; repeatable.",
        rich_help_panel=STORE,
    ),
]
TargetSetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set-target",
        metavar="SETTING=VALUE",
        help="A setting of TARGET, where that is a location; repeatable.",
        rich_help_panel=STORE,
    ),
]
CrewOption = Annotated[
    str | None,
    typer.Option(
        "--crew", metavar="CREW_ID", help="Only records of this crew.", rich_help_panel=ROWS
    ),
]
TypeOption = Annotated[
    list[MemoryType] | None,
    typer.Option("--type", "-t", help="Only this memory type; repeatable.", rich_help_panel=ROWS),
]
UnscopedOption = Annotated[
    bool,
    typer.Option(
        "--include-unscoped",
        help="Also rows that belong to no group.",
        rich_help_panel=ROWS,
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option("--limit", min=1, metavar="N", help="At most N records.", rich_help_panel=ROWS),
]
OnConflictOption = Annotated[
    OnConflict,
    typer.Option(
        "--on-conflict", help="When the target holds other content under the same id and owner."
    ),
]
BatchSizeOption = Annotated[
    int, typer.Option("--batch-size", min=1, max=100_000, metavar="N", help="Records per batch.")
]
DryRunOption = Annotated[
    bool,
    typer.Option("--dry-run", "-n", help="Do every read and check, write nothing."),
]
YesOption = Annotated[
    bool,
    typer.Option("--yes", "-y", help="Do not ask; what is deleted was looked at before."),
]
AsOption = Annotated[
    MemoryType | None,
    typer.Option(
        "--as",
        help="What records become whose type the target can't hold; theirs is kept in the "
        "metadata, and given back.",
    ),
]
SkipWithoutVectorsOption = Annotated[
    bool,
    typer.Option("--skip-without-vectors", help="Leave rows behind that have no vector."),
]
EmbeddingsOption = Annotated[
    bool, typer.Option("--with-embeddings", help="Also vectors, as base64 of float32.")
]
EmbedderOption = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        envvar="MEMCTL_EMBEDDER",
        metavar="KIND:MODEL",
        help="The model that turns text into vectors, instead of the profile's: `openai:`, "
        "`databricks:`, `sentence-transformers:` or `onnx:` and its name.",
        rich_help_panel=EMBEDDING,
    ),
]
EmbedderUrlOption = Annotated[
    str | None,
    typer.Option(
        "--embedder-url",
        envvar="MEMCTL_EMBEDDER_URL",
        metavar="URL",
        help="The base URL of an OpenAI-compatible server, such as https://HOST/v1.",
        rich_help_panel=EMBEDDING,
    ),
]
UpgradeOption = Annotated[
    bool,
    typer.Option(
        "--upgrade-store",
        help="Let a store of an older schema level be rewritten for good.",
    ),
]


def read_map(pairs: list[str] | None) -> dict[str, Any]:
    """Turn ``TYPE=COLLECTION`` pairs into the setting that a backend declares as ``map``.

    Raises:
        UsageError: when a pair has no memory type before its ``=``.
    """
    if not pairs:
        return {}
    mapping: dict[str, str] = {}
    for pair in pairs:
        memory_type, _, collection = pair.partition("=")
        if memory_type not in list(MemoryType) or not collection:
            types = ", ".join(f"`{each}`" for each in MemoryType)
            raise UsageError(
                f"`--map {pair[:80]}` is not TYPE=COLLECTION", hint=f"the types are {types}"
            )
        mapping[collection] = memory_type
    return {"map": mapping}


def read_settings(pairs: list[str] | None, flag: str = "--set") -> dict[str, str | None]:
    """Turn ``SETTING=VALUE`` pairs into settings.

    Raises:
        UsageError: when a pair has no ``=``.
    """
    settings: dict[str, str | None] = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"`{flag} {shown(pair)[:80]}` is not SETTING=VALUE")
        settings[name] = value or None
    return settings


def named_store(
    out: Output,
    text: str,
    group: str | None,
    mapping: list[str] | None = None,
    pairs: list[str] | None = None,
    flag: str = "--set",
) -> StoreRequest:
    """Return which store one word asks for: a profile, or a location with settings beside it."""
    from ..core.selection import StoreRequest

    request = StoreRequest.named(text, group, settings=read_map(mapping), connecting=out.connecting)
    return _beside_location(request, pairs, flag)


def own_group(group: str | None) -> str:
    """Return the group that was named; an empty name is nobody's, and never the default group's."""
    return DEFAULT_GROUP if group is None else group


def store_request(
    out: Output,
    group: str | None,
    profile: str | None,
    at: str | None,
    mapping: list[str] | None,
    pairs: list[str] | None = None,
) -> StoreRequest:
    """Return which store is asked for; a location given as a flag outranks `MEMCTL_PROFILE`."""
    from ..core.selection import StoreRequest

    if at is not None and not out.was_typed("profile"):
        profile = None
    request = StoreRequest(group, profile, at, read_map(mapping), out.connecting)
    return _beside_location(request, pairs, "--set")


def _beside_location(request: StoreRequest, pairs: list[str] | None, flag: str) -> StoreRequest:
    """Return the request with the settings that a flag gives.

    Raises:
        UsageError: when no location is asked for: a profile has settings of its own.
    """
    given = read_settings(pairs, flag)
    if given and request.at is None:
        raise UsageError(
            f"`{flag}` gives settings of a store that a location names, and none does",
            hint="name the store as BACKEND:LOCATION, or change a profile's own settings with "
            "`memctl config update`",
        )
    return replace(request, settings={**request.settings, **given})
