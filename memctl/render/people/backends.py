"""The screen of `memctl backends`: what each backend can do, and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.backend.capability import Capability
from ..layout import ACCENT, FAINT, FINE, STRONG, Column, Fit, Row, hanging, styled
from ..text import NOTHING, value_text

if TYPE_CHECKING:
    from rich.text import Text

    from ...model.results import BackendsResult, BackendStated, SettingStated
    from ..screen import Screen


def show_backends(result: BackendsResult, screen: Screen) -> None:
    """Show a table of what each can do, then each with its settings."""
    _show_capabilities(result, screen)
    for backend in result.backends:
        name = styled(f"{backend.name}  ", STRONG)
        title = hanging(name, styled(backend.title), screen.frame)
        screen.block([*title, styled(_naming(backend), FAINT)])
        _show_settings(backend, screen)


def _naming(backend: BackendStated) -> str:
    """Return how a command is told which store is meant."""
    if backend.location is None:
        return "named by a profile"
    return f"named by a profile, or as {backend.location}"


def _show_capabilities(result: BackendsResult, screen: Screen) -> None:
    known = [each.value for each in Capability]
    others = {each for backend in result.backends for each in backend.capabilities}
    columns = [Column("can"), *(Column(each.name) for each in result.backends)]
    rows = []
    for capability in [*known, *sorted(others - set(known))]:
        answers = [_answer(each, capability, screen) for each in result.backends]
        rows.append(Row([capability.replace("_", " "), *answers]))
    screen.table(columns, rows)


def _answer(backend: BackendStated, capability: str, screen: Screen) -> Text:
    if capability in backend.capabilities:
        return screen.mark("✓", "yes", FINE)
    return styled(NOTHING, FAINT)


def _show_settings(backend: BackendStated, screen: Screen) -> None:
    if not backend.settings:
        return
    screen.rows(
        backend.settings,
        (Column("setting"), lambda each: styled(each.name, ACCENT)),
        (Column("value", fit=Fit.WRAP), _value),
        (Column("environment"), lambda each: each.environment or NOTHING),
        (Column("what it is", fit=Fit.WRAP, moves_below=True), lambda each: each.help),
    )


def _value(setting: SettingStated) -> str:
    """Return what a setting may be, and what it is where nothing is given."""
    if setting.secret:
        return "required, secret" if setting.required else "secret"
    if setting.choices:
        return ", ".join(
            f"{each} (default)" if each == setting.default else each for each in setting.choices
        )
    if setting.required:
        return "required"
    return "optional" if setting.default is None else f"default {value_text(setting.default)}"
