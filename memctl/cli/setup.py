"""`memctl setup BACKEND`: the options are those that the backend declares as settings."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ..model.errors import UsageError
from ..model.setting import SettingKind
from .command import command, command_group
from .confirm import is_on_terminal
from .options import DryRunOption, GroupOption, UpgradeOption, own_group, read_map
from .output import Output

if TYPE_CHECKING:
    from pydantic import SecretStr

    from ..core.setup.order import Dialogue
    from ..model.results import BackendStated, SettingStated

FORMS = {
    SettingKind.INTEGER: int,
    SettingKind.SWITCH: bool,
    SettingKind.MAPPING: list[str],
    SettingKind.LIST: list[str],
}
SHORT_FLAGS = {"type": "-t"}
METAVARS = {"grant": "PRINCIPAL", "wait_timeout": "SECONDS"}

of_settings = partial(typer.Option, rich_help_panel="Settings")

VaultOption = Annotated[
    bool,
    of_settings("--vault", help="Keep the secret in memctl's encrypted vault, not in the keyring."),
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on with the setup of this profile that broke off.")
]
RollbackOption = Annotated[
    bool,
    typer.Option(
        "--rollback", help="Take back what the last setup of this profile made; never memory."
    ),
]


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
    only_here = [each.name for each in stated.setup_options]
    kept = _kept(stated)

    @command(
        app, backend, _options(stated), summary=f"Set up {backend}: {stated.title}.", connects=True
    )
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
        from ..core.setup.order import SetupOrder
        from ..core.setup.run import set_up

        in_vault = values.pop("vault", False)
        secrets = _given_secret([each for each in kept if values.pop(f"{each}_stdin")], out)
        order = SetupOrder(
            backend=backend,
            group=own_group(group),
            name=name,
            options={each: values.pop(each) for each in only_here},
            resume=values.pop("resume", False),
            rollback=values.pop("rollback", False),
            settings={**values, **read_map(values.pop("map", None))},
            set_default=set_default,
            upgrade=upgrade_store,
            dry_run=dry_run,
            secrets=secrets,
            in_vault=in_vault,
            connecting=out.connecting,
        )
        out.show(set_up(order, _dialogue(out)))


def _options(stated: BackendStated) -> dict[str, tuple[Any, Any]]:
    """Make the options that only this backend's setup has."""
    options = {each.name: _option(each) for each in stated.settings if not each.secret}
    options |= {each.name: _option(each) for each in stated.setup_options}
    kept = _kept(stated)
    options |= {f"{name}_stdin": _secret_option(name) for name in kept}
    if kept:
        options["vault"] = VaultOption, False
    if stated.resumes_setup:
        options |= {"resume": (ResumeOption, False), "rollback": (RollbackOption, False)}
    return options


def _kept(stated: BackendStated) -> list[str]:
    """Name the secrets that can be kept with a profile."""
    return [each.name for each in stated.settings if each.is_kept]


def _dialogue(out: Output) -> Dialogue:
    """Let the user be asked on a terminal, and told anywhere."""
    from ..core.credentials import ask_for
    from ..core.setup.order import Dialogue

    may_ask = not out.no_input and is_on_terminal()
    return Dialogue(
        ask=out.ask if may_ask else None,
        ask_secret=(lambda label: ask_for(label, out.redactor)) if may_ask else None,
        announce=None if out.quiet else out.preview,
        progress=out.progress,
    )


def _given_secret(wanted: list[str], out: Output) -> dict[str, SecretStr]:
    """Read the one secret that standard input can hold."""
    from ..core.credentials import read_given

    if len(wanted) > 1:
        flags = " and ".join(f"`{_stdin_flag(each)}`" for each in wanted)
        raise UsageError(f"{flags} exclude each other", hint="standard input holds one secret")
    return {each: read_given(out.redactor) for each in wanted}


def _stdin_flag(name: str) -> str:
    return f"--{name.replace('_', '-')}-stdin"


def _secret_option(name: str) -> tuple[Any, Any]:
    said = "Read it from standard input, and keep it for the profile's host."
    option = of_settings(_stdin_flag(name), help=said)
    return Annotated[bool, option], False


def _option(setting: SettingStated) -> tuple[Any, Any]:
    """Turn a declared setting into an option."""
    flag = "--" + setting.name.replace("_", "-")
    form: Any = FORMS.get(setting.kind, str)
    is_map = setting.kind is SettingKind.MAPPING
    is_on = form is bool and setting.default is True
    wording = setting.help
    if setting.choices:
        wording += " One of " + ", ".join(setting.choices) + "."
    if setting.default is not None and form is not bool:
        wording += f" Default: {setting.default}."
    option = of_settings(
        f"{flag}/--no-{flag.removeprefix('--')}" if is_on else flag,
        *filter(None, [SHORT_FLAGS.get(setting.name)]),
        envvar=None if is_map else setting.environment,
        metavar="TYPE=COLLECTION" if is_map else METAVARS.get(setting.name),
        help=wording,
    )
    return Annotated[form | None, option], None
