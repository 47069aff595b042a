"""What `memctl backends` says, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
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
    """What a backend says of itself."""

    name: str
    title: str
    capabilities: list[str]
    location: str | None
    settings: list[SettingStated]


@dataclass(frozen=True, slots=True)
class BackendsResult(Result):
    """Every backend and what it can do."""

    backends: list[BackendStated]
