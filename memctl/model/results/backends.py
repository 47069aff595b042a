"""What `memctl backends` says, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .base import Result

if TYPE_CHECKING:
    from ..setting import SettingKind


@dataclass(frozen=True, slots=True)
class SettingStated:
    """One declared setting of a backend.

    Attributes:
        is_kept: whether it is a secret that can be kept with a profile.
    """

    name: str
    help: str
    kind: SettingKind
    required: bool
    secret: bool
    default: Any
    choices: list[str]
    environment: str | None
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class BackendStated:
    """What a backend says of itself.

    Attributes:
        name: the backend's name.
        title: what it is, in a few words.
        capabilities: what it can do.
        location: how `--at` names a store of it; null where only profiles do.
        settings: what a profile of it keeps, and its secrets.
        setup_options: what `memctl setup` alone is told.
        resumes_setup: whether a setup that breaks off can be gone on with, or taken back.
    """

    name: str
    title: str
    capabilities: list[str]
    location: str | None
    settings: list[SettingStated]
    setup_options: list[SettingStated] = field(default_factory=list)
    resumes_setup: bool = False


@dataclass(frozen=True, slots=True)
class BackendsResult(Result):
    """Every backend and what it can do."""

    backends: list[BackendStated]
