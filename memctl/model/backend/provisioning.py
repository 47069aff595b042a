"""What is known of the setup of a store that is built of resources, before it is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..setting import Setting


class NameResources(Protocol):
    """Completes the settings of a profile by the names of what its setup makes."""

    def __call__(
        self, given: Mapping[str, Any], options: Mapping[str, Any], *, is_new: bool
    ) -> Mapping[str, Any]:
        """Return the settings.

        Args:
            given: the settings that are known.
            options: of the setup.
            is_new: whether the profile is a new one; an old one keeps the memory types it has.

        Raises:
            InvalidSetting: when the service would take one of them for no name.
        """


@dataclass(frozen=True, slots=True)
class ProvisioningInfo:
    """How stores of a backend are made of resources that take time and cost money.

    Such a setup is not taken back when it breaks off: it is gone on with, or undone when that is
    asked for.

    Attributes:
        options: what `memctl setup` alone is told; no part of a profile.
        secret_to_ask_for: the secret setting that the user is asked for where no way of logging in
            works.
        name_resources: names what a setup makes.
    """

    options: tuple[Setting, ...]
    secret_to_ask_for: str
    name_resources: NameResources
