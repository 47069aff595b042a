"""`memctl config`: profiles listed, shown, changed and explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from ..model.errors import UsageError
from ..model.memory_type import MemoryType
from . import secret
from .command import command, command_group
from .documents import read_document
from .options import (
    AtOption,
    GroupOption,
    ProfileArgument,
    ProfileOption,
    StoreOptions,
    own_group,
    read_settings,
)
from .output import Output

app = command_group("Keep backend profiles, one or more per group.")
app.add_typer(secret.app, name="secret")

SWITCHED = (MemoryType.SHORT_TERM, MemoryType.LONG_TERM, MemoryType.ENTITY)


@dataclass(frozen=True, slots=True)
class ProfileParts:
    """What a profile consists of beside its name and backend."""

    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="SETTING=VALUE",
            help="A setting of the backend; an empty value removes it; repeatable.",
        ),
    ] = None
    description: Annotated[
        str | None, typer.Option("--description", metavar="TEXT", help="Free text.")
    ] = None
    enable: Annotated[
        list[MemoryType] | None,
        typer.Option("--enable", help="Switch this memory type on; repeatable."),
    ] = None
    disable: Annotated[
        list[MemoryType] | None,
        typer.Option("--disable", help="Switch this memory type off; repeatable."),
    ] = None

    def read_switches(self) -> dict[str, bool]:
        """Turn memory types into the switches of a profile.

        Raises:
            UsageError: when a type is named twice, or has no switch.
        """
        enable, disable = self.enable or (), self.disable or ()
        if both := {*enable} & {*disable}:
            named = min(both)
            raise UsageError(f"`--enable {named}` and `--disable {named}` exclude each other")
        switches = dict.fromkeys(enable, True) | dict.fromkeys(disable, False)
        for each in switches:
            if each not in SWITCHED:
                raise UsageError(
                    f"`{each}` has no switch", hint="switch `short_term`, `long_term` or `entity`"
                )
        return {f"enable_{each}": is_on for each, is_on in switches.items()}


@command(app, "list")
def list_(out: Output, group: GroupOption = None) -> None:
    """List the profiles of a group, the default first."""
    from ..core.config import list_profiles

    out.show(list_profiles(own_group(group)))


@command(app, "show")
def show(out: Output, name: ProfileArgument, group: GroupOption = None) -> None:
    """Show a profile, and where the value of each setting comes from.

    With `--json` it prints what `memctl config create --from` reads on another machine.
    """
    from ..core.config import show_profile

    out.show(show_profile(own_group(group), name))


@command(app, "create")
def create(
    out: Output,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The profile's name.")] = None,
    backend: Annotated[
        str | None, typer.Option("--backend", metavar="BACKEND", help="The backend.")
    ] = None,
    *,
    parts: ProfileParts,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="FILE", help="What `config show --json` printed; `-` reads it here."
        ),
    ] = None,
    set_default: Annotated[
        bool, typer.Option("--set-default", help="Make it the group's default.")
    ] = False,
    group: GroupOption = None,
) -> None:
    """Save a profile of a store that is there already; `memctl setup` makes one.

    Examples: `memctl config create prod --backend chroma --set path=/srv/memory`,
    `memctl config create --from profile.json`
    """
    from ..core.config import create_profile, draft_profile

    if (from_ is None) == (name is None or backend is None):
        raise UsageError(
            "a profile needs either NAME and `--backend`, or `--from`",
            hint="run `memctl config create --help`",
        )
    draft = draft_profile(
        document=read_document(from_) if from_ else None,
        name=name,
        backend=backend,
        settings=read_settings(parts.settings),
        description=parts.description,
        switches=parts.read_switches(),
        make_default=set_default,
    )
    out.show(create_profile(own_group(group), draft))


@command(app, "update")
def update(
    out: Output,
    name: ProfileArgument,
    new_name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="A new name.")
    ] = None,
    *,
    parts: ProfileParts,
    group: GroupOption = None,
) -> None:
    """Change a profile; what is not named stays as it is.

    Example: `memctl config update prod --disable entity`
    """
    from ..core.config import update_profile

    given = {
        "name": new_name,
        "description": parts.description,
        "settings": read_settings(parts.settings),
    }
    changes: dict[str, Any] = {key: value for key, value in given.items() if value}
    changes |= parts.read_switches()
    if not changes:
        raise UsageError("nothing to change was given", hint="run `memctl config update --help`")
    out.show(update_profile(own_group(group), name, changes))


@command(app, "delete")
def delete(out: Output, name: ProfileArgument, group: GroupOption = None) -> None:
    """Delete a profile; the memory that it names stays where it is."""
    from ..core.config import delete_profile

    out.show(delete_profile(own_group(group), name))


@command(app, "set-default")
def set_default_(out: Output, name: ProfileArgument, group: GroupOption = None) -> None:
    """Make a profile the default of its group, and active if it was not."""
    from ..core.config import set_default_profile

    out.show(set_default_profile(own_group(group), name))


@command(app, "disable")
def disable_(out: Output, group: GroupOption = None) -> None:
    """Switch the group's profiles off; they are kept, and `set-default` brings one back."""
    from ..core.config import disable_profiles

    out.show(disable_profiles(own_group(group)))


@command(app, "which")
def which(
    out: Output,
    group: GroupOption = None,
    profile: ProfileOption = None,
    at: AtOption = None,
) -> None:
    """Say which profile is in force, and why."""
    from ..core.config import which_profile

    out.show(which_profile(StoreOptions(group, profile, at).request(out)))
