"""`memctl backends`: what each backend can do."""

from __future__ import annotations

from .output import Output


def backends(out: Output) -> None:
    """Show what each backend can do, and its settings."""
    from ..core.backends import list_backends

    out.show(list_backends())
