"""The screen of `memctl sandbox`: where it serves, and the lines to paste into a shell."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ..layout import styled

if TYPE_CHECKING:
    from ...model.results import SandboxResult
    from ..screen import Screen


def show_sandbox(result: SandboxResult, screen: Screen) -> None:
    """Show its credentials, and its variables as a shell reads them."""
    screen.facts(
        [
            ("workspace", result.url),
            ("schema", f"{result.catalog}.{result.schema}"),
            ("token", result.token),
            ("token of a user without rights", result.user_token),
            ("client id", result.client_id),
            ("client secret", result.client_secret),
        ]
    )
    screen.block(
        [
            styled(f"export {name}={shlex.quote(value)}")
            for name, value in result.environment.items()
        ]
    )
    screen.note("it serves until Ctrl-C, and then forgets everything")
