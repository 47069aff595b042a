"""What the shell offers while a command is typed; imports nothing heavy and never fails."""

from __future__ import annotations

import os

import typer

from ..model.profile import DEFAULT_GROUP


def complete_profile(context: typer.Context, incomplete: str) -> list[str]:
    """Offer the profiles of the group that is typed, of the environment, or of `default`."""
    from ..store.completion import profile_names

    group = context.params.get("group") or os.environ.get("MEMCTL_GROUP") or DEFAULT_GROUP
    return [name for name in profile_names(group) if name.startswith(incomplete)]


def complete_group(incomplete: str) -> list[str]:
    """Offer every group that has a profile."""
    from ..store.completion import group_ids

    return [group for group in group_ids() if group.startswith(incomplete)]
