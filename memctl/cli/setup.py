"""`memctl setup BACKEND`: the options are those that the backend declares as settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ..model.errors import UsageError
from ..model.setting import SettingKind
from .command import command, command_group
from .options import DryRunOption, GroupOption, UpgradeOption, own_group, read_map
from .output import Output

if TYPE_CHECKING:
    from pydantic import SecretStr

    from ..model.results import SettingStated

VAULT_OPTION = (
    Annotated[
        bool,
        typer.Option(
            "--vault",
            help="Keep the secret in memctl's encrypted vault, not in the keyring.",
            rich_help_panel="Settings",
        ),
    ],
    False,
)


class SetupGroup(TyperGroup):
    """One command per backend that can be set up, made only when it is looked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as Typer calls it
        """List the backends that can be set up."""
        from ..core.backends import backends_with_setup

        return backends_with_setup()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Make the command of a backend from the settings that it declares."""
        if cmd_name not in self.list_commands(ctx):
            return None
        app = typer.Typer(add_completion=False)
        _register(app, cmd_name)
        return typer.main.get_command(app)


app = command_group("Make a store ready and save its profile.", cls=SetupGroup)


def _register(app: typer.Typer, backend: str) -> None:
    from ..core.backends import state_backend

    stated = state_backend(backend)
    options = {each.name: _option(each) for each in stated.settings if not each.secret}
    kept = [each.name for each in stated.settings if each.is_kept]
    options |= {f"{name}_stdin": _secret_option(name) for name in kept}
    options |= {"vault": VAULT_OPTION} if kept else {}

    @command(app, backend, options, summary=f"Set up {backend}: {stated.title}.", connects=True)
    def set_up_backend(
        out: Output,
        name: Annotated[
            str | None,
            typer.Option("--name", metavar="NAME", help="The profile's name (the backend's)."),
        ] = None,
        group: GroupOption = None,
        set_default: Annotated[
            bool, typer.Option("--set-default", help="Make it the group's default profile.")
        ] = False,
        upgrade_store: UpgradeOption = False,
        dry_run: DryRunOption = False,
        **values: Any,
    ) -> None:
        """Make the store ready and save its profile; run again, it makes nothing twice."""
        from ..core.setup import SetupOrder, set_up

        in_vault = values.pop("vault", False)
        secrets = _given_secret([each for each in kept if values.pop(f"{each}_stdin")])
        order = SetupOrder(
            backend=backend,
            group=own_group(group),
            name=name,
            settings={**values, **read_map(values.pop("map", None))},
            set_default=set_default,
            upgrade=upgrade_store,
            dry_run=dry_run,
            secrets=secrets,
            in_vault=in_vault,
            connecting=out.connecting,
        )
        out.show(set_up(order))


def _given_secret(wanted: list[str]) -> dict[str, SecretStr]:
    """Read the one secret that standard input can hold."""
    from ..core.secrets import read_given

    if len(wanted) > 1:
        flags = " and ".join(f"`{_stdin_flag(each)}`" for each in wanted)
        raise UsageError(f"{flags} exclude each other", hint="standard input holds one secret")
    return {each: read_given() for each in wanted}


def _stdin_flag(name: str) -> str:
    return f"--{name.replace('_', '-')}-stdin"


def _secret_option(name: str) -> tuple[Any, Any]:
    option = typer.Option(
        _stdin_flag(name),
        help="Read it from standard input, and keep it for the profile's host.",
        rich_help_panel="Settings",
    )
    return Annotated[bool, option], False


def _option(setting: SettingStated) -> tuple[Any, Any]:
    """Turn a declared setting into an option."""
    flag = "--" + setting.name.replace("_", "-")
    form: Any = {SettingKind.INTEGER: int, SettingKind.MAPPING: list[str]}.get(setting.kind, str)
    wording = setting.help
    if setting.choices:
        wording += " One of " + ", ".join(setting.choices) + "."
    if setting.default is not None:
        wording += f" Default: {setting.default}."
    option = typer.Option(
        flag,
        envvar=None if setting.kind is SettingKind.MAPPING else setting.environment,
        metavar="TYPE=COLLECTION" if setting.kind is SettingKind.MAPPING else None,
        help=wording,
        rich_help_panel="Settings",
    )
    return Annotated[form | None, option], None
