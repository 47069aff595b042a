"""`memctl config secret`: secrets of profiles set, listed and deleted; no value is an argument."""

from __future__ import annotations

from typing import Annotated

import typer

from .command import command, command_group
from .options import GroupOption, ProfileArgument, of_profile, own_group
from .output import Output

app = command_group("Keep the secrets of profiles in a keyring or a vault.")

SettingArgument = Annotated[
    str, typer.Argument(metavar="SETTING", help="A secret setting of the profile's backend.")
]


@command(app, "set")
def set_(
    out: Output,
    name: ProfileArgument,
    setting: SettingArgument,
    vault: Annotated[
        bool,
        typer.Option("--vault", help="Keep it in memctl's encrypted vault, not in the keyring."),
    ] = False,
    group: GroupOption = None,
) -> None:
    """Keep a secret for the host that the profile names; it is sent to no other.

    It is asked for without being shown, or read from standard input.

    Examples: `memctl config secret set prod token`,
    `memctl config secret set prod token --vault < token.txt`
    """
    from ..core.secrets import set_secret

    out.show(
        set_secret(
            own_group(group),
            name,
            setting,
            in_vault=vault,
            connecting=out.connecting,
        )
    )


@command(app, "list")
def list_(
    out: Output,
    name: Annotated[
        str | None,
        of_profile(metavar="[NAME]", help="Only this profile's."),
    ] = None,
    group: GroupOption = None,
) -> None:
    """List where each secret lies and for which host, never its value."""
    from ..core.secrets import list_secrets

    out.show(list_secrets(own_group(group), name))


@command(app, "delete")
def delete(
    out: Output,
    name: ProfileArgument,
    setting: SettingArgument,
    forget: Annotated[
        bool,
        typer.Option(
            "--forget", help="Drop only the entry, where the keyring or the vault is gone."
        ),
    ] = False,
    group: GroupOption = None,
) -> None:
    """Delete a secret from where it lies."""
    from ..core.secrets import delete_secret

    out.show(
        delete_secret(
            own_group(group),
            name,
            setting,
            only_entry=forget,
            connecting=out.connecting,
        )
    )
