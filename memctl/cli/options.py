"""The options that several commands share; those that all have are in `common`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from ..model.address.logins import shown
from ..model.errors import UsageError
from ..model.memory_type import MemoryType
from ..model.profile import DEFAULT_GROUP
from ..model.requests.on_conflict import OnConflict
from .common import of_store
from .complete import complete_group, complete_profile

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..core.query.rows import Rows
    from ..core.selection import StoreRequest
    from .output import Output

ROWS: Final = "Which records"
EMBEDDING: Final = "Embedding"
of_rows = partial(typer.Option, rich_help_panel=ROWS)
of_embedding = partial(typer.Option, rich_help_panel=EMBEDDING)
of_profile = partial(typer.Argument, autocompletion=complete_profile)

ProfileArgument = Annotated[str, of_profile(metavar="NAME", help="The profile's name.")]
SourceArgument = Annotated[
    str, of_profile(metavar="SOURCE", help="A profile, or BACKEND:LOCATION.")
]
TargetArgument = Annotated[
    str, of_profile(metavar="TARGET", help="A profile, or BACKEND:LOCATION.")
]
GroupOption = Annotated[
    str | None,
    of_store(
        "--group",
        "-g",
        envvar="MEMCTL_GROUP",
        metavar="GROUP",
        help="The group whose profiles and rows are meant (`default` if none is given).",
        autocompletion=complete_group,
    ),
]
ProfileOption = Annotated[
    str | None,
    of_store(
        "--profile",
        "-p",
        envvar="MEMCTL_PROFILE",
        metavar="NAME",
        help="A saved profile, instead of the one in force.",
        autocompletion=complete_profile,
    ),
]
AtOption = Annotated[
    str | None,
    of_store(
        "--at",
        metavar="BACKEND:LOCATION",
        help="A store without a profile, such as `chroma:./memory`.",
    ),
]
MapOption = Annotated[
    list[str] | None,
    of_store(
        "--map",
        metavar="TYPE=COLLECTION",
        help="Say the memory type of a collection whose name does not; repeatable.",
    ),
]
SetOption = Annotated[
    list[str] | None,
    of_store(
        "--set",
        metavar="SETTING=VALUE",
        help="A setting of the store that a location names; repeatable.",
    ),
]
SourceSetOption = Annotated[
    list[str] | None,
    of_store(
        "--set",
        metavar="SETTING=VALUE",
        help="A setting of SOURCE, where that is a location; repeatable.",
    ),
]
TargetSetOption = Annotated[
    list[str] | None,
    of_store(
        "--set-target",
        metavar="SETTING=VALUE",
        help="A setting of TARGET, where that is a location; repeatable.",
    ),
]
CrewOption = Annotated[
    str | None, of_rows("--crew", metavar="CREW_ID", help="Only records of this crew.")
]
TypeOption = Annotated[
    list[MemoryType] | None, of_rows("--type", "-t", help="Only this memory type; repeatable.")
]
UnscopedOption = Annotated[
    bool, of_rows("--include-unscoped", help="Also rows that belong to no group.")
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
    of_embedding(
        "--embedder",
        envvar="MEMCTL_EMBEDDER",
        metavar="KIND:MODEL",
        help="The model that turns text into vectors, instead of the profile's: `openai:`, "
        "`databricks:`, `sentence-transformers:` or `onnx:` and its name.",
    ),
]
EmbedderUrlOption = Annotated[
    str | None,
    of_embedding(
        "--embedder-url",
        envvar="MEMCTL_EMBEDDER_URL",
        metavar="URL",
        help="The base URL of an OpenAI-compatible server, such as https://HOST/v1.",
    ),
]
UpgradeOption = Annotated[
    bool,
    typer.Option(
        "--upgrade-store",
        help="Let a store of an older schema level be rewritten for good.",
    ),
]


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """Which profile a command works on."""

    group: GroupOption = None
    profile: ProfileOption = None

    def request(self, out: Output) -> StoreRequest:
        """Return which store is asked for."""
        from ..core.selection import StoreRequest

        return StoreRequest(self.group, self.profile, connecting=out.connecting)


@dataclass(frozen=True, slots=True)
class StoreOptions(ProfileOptions):
    """Which store a command works on, by a profile or by its location."""

    at: AtOption = None
    mapping: MapOption = None
    settings: SetOption = None

    def request(self, out: Output) -> StoreRequest:
        """Return which store is asked for; a location as a flag outranks `MEMCTL_PROFILE`."""
        from ..core.selection import StoreRequest

        profile = self.profile if self.at is None or out.was_typed("profile") else None
        mapping = read_map(self.mapping)
        request = StoreRequest(self.group, profile, self.at, mapping, out.connecting)
        return _beside_location(request, self.settings, "--set")


@dataclass(frozen=True, slots=True)
class RowsOptions:
    """Which records a command works on."""

    crew: CrewOption = None
    types: TypeOption = None
    include_unscoped: UnscopedOption = False

    def rows(self) -> Rows:
        """Return which records are asked for."""
        from ..core.query.rows import Rows

        return Rows(self.crew, frozenset(self.types or ()), self.include_unscoped)


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


def _beside_location(request: StoreRequest, pairs: list[str] | None, flag: str) -> StoreRequest:
    """Return the request with the settings that a flag gives.

    Raises:
        UsageError: where another flag gives one of them, or no location is asked for.
    """
    given = read_settings(pairs, flag)
    for name in given.keys() & request.settings.keys():  # of `--map`
        raise UsageError(
            f"setting `{name}` is given by `--{name}` and by `{flag}`", hint="give it once"
        )
    refuse_beside_none(given, request.at, flag)
    return replace(request, settings={**request.settings, **given})


def refuse_beside_none(given: Collection[str] | None, at: str | None, flag: str = "--set") -> None:
    """Refuse settings beside no location.

    Raises:
        UsageError: then; a profile has settings of its own.
    """
    if given and at is None:
        raise UsageError(
            f"`{flag}` gives settings of a store that a location names, and none does",
            hint="name the store as BACKEND:LOCATION, or change a profile's own settings with "
            "`memctl config update`",
        )
