"""Where stores are, by a backend's settings and by files, and as whom they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ..model.results import DiscoverResult
from .holding import Holds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ..model.backend.info import BackendInfo
    from ..model.results import LoggedIn


class Located:
    """A kind of store, as its settings and its locations name one."""

    info: ClassVar[BackendInfo]
    holds: ClassVar[Holds] = Holds()
    """What it holds of what a record may be."""

    @classmethod
    def settings_at(cls, place: str) -> dict[str, Any]:
        """Return the settings that the text after ``BACKEND:`` stands for.

        Raises:
            InvalidSetting: when it can't be read.
        """
        return {cls.info.location_setting: place or None} if cls.info.location_setting else {}

    @classmethod
    def place_of(cls, settings: Mapping[str, Any]) -> str:
        """Return the text after ``BACKEND:`` that stands for parsed settings."""
        return settings.get(cls.info.location_setting or "") or ""

    @classmethod
    def secret_host(cls, settings: Mapping[str, Any]) -> str | None:  # noqa: ARG003 - hosts differ
        """Name the host that secrets are sent to, or `None` where these settings name none."""
        return None

    def log_in(self) -> LoggedIn | None:
        """Log in, once, and say as whom; `None` where the store knows no users.

        Raises:
            CredentialError: when no method of logging in works.
        """
        return None

    @classmethod
    def find_stores(cls, tops: Sequence[Path]) -> DiscoverResult:  # noqa: ARG003 - most can't tell
        """Find stores of this backend on this machine, and below directories, by their files."""
        return DiscoverResult([], [])
