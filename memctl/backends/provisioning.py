"""The interface of stores made of resources on another machine: built, listed, emptied, deleted."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ..model.progress import Silent
from .base import MemoryBackend

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ..model.check import Check
    from ..model.index import IndexFacts
    from ..model.memory_type import MemoryType
    from ..model.progress import Progress
    from ..model.results import LoggedIn
    from ..model.setting import Setting
    from ..model.step import Step

    Resources = Mapping[str, Mapping[str, Mapping[str, str | None]]]


@dataclass(frozen=True, slots=True)
class ProvisionRequest:
    """What resources are to be made or taken away.

    Attributes:
        options: of `ProvisionedBackend.setup_options`, parsed.
        progress: is told what the work waits for.
        is_checked: look first whether it can be done; what is taken back needs no look.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress = field(default_factory=Silent)
    is_checked: bool = True


class LookingStep:
    """A step that makes nothing: it waits, or compares."""

    def undo(self) -> None:
        """Leave it: nothing was made."""


class Provisioning:
    """Steps that build resources, checked as far as looking can.

    Args:
        steps: in their order; each finds what is there, and is named alike in every run.
        notes: what is to be known before they run: what will cost money, what can't be checked.
    """

    def __init__(self, steps: Sequence[Step], notes: Sequence[str] = ()) -> None:
        self.steps = steps
        self.notes = notes

    def resources(self) -> Resources:
        """Return what is there: ``endpoints`` and ``indexes``, role -> ``name``, ``status``..."""
        return {}

    def check_removal(self, made: Collection[str]) -> None:
        """Refuse to take back steps of these names while what they made is in use.

        Raises:
            AnswerIsNo: then.
        """


class ProvisionedBackend(MemoryBackend):
    """A store that is built of resources which take time and cost money.

    Its setup is not taken back when it breaks off: it is gone on with, or undone when that is
    asked for.
    """

    setup_options: ClassVar[tuple[Setting, ...]] = ()
    """What `memctl setup` alone is told; no part of a profile."""
    secret_to_ask_for: ClassVar[str]
    """The secret setting that the user is asked for where no way of logging in works."""

    @classmethod
    @abstractmethod
    def name_resources(
        cls, given: Mapping[str, Any], options: Mapping[str, Any], *, is_new: bool
    ) -> Mapping[str, Any]:
        """Complete the settings of a profile by the names of what its setup makes.

        Args:
            given: the settings that are known.
            options: of the setup.
            is_new: whether the profile is a new one; an old one keeps the memory types it has.

        Raises:
            InvalidSetting: when the service would take one of them for no name.
        """

    @abstractmethod
    def check_rows(self, group_id: str | None) -> list[Check]:
        """Read every row and judge it: whose it is, and whether a search can find it."""

    @abstractmethod
    def log_in(self) -> LoggedIn:
        """Log in, once, and say as whom: what is shown before anything is changed."""

    @abstractmethod
    def provision(self, request: ProvisionRequest) -> Provisioning:
        """Check all that can be checked without making anything, and list the steps.

        Raises:
            MemctlError: when the store can't be made as it is asked for.
        """

    @abstractmethod
    def list_indexes(self) -> Sequence[IndexFacts]:
        """List the indexes on the endpoints that the settings name, the profile's own first."""

    @abstractmethod
    def name_index(self, name: str) -> tuple[MemoryType | None, str]:
        """Return the memory type and the full name of what was named by either; asks nobody.

        Raises:
            StoreNotFound: when the profile names no index for a memory type.
        """

    @abstractmethod
    def find_index(self, name: str) -> IndexFacts:
        """Look at one index, by its name or by the memory type that it holds.

        Raises:
            StoreNotFound: when there is none.
        """

    @abstractmethod
    def provision_index(self, memory_type: MemoryType, request: ProvisionRequest) -> Provisioning:
        """Plan the index of one memory type, as `provision` does."""

    @abstractmethod
    def save_index(self, name: str) -> dict[str, Any]:
        """Write down, as JSON, all that is needed to make an index again as it is."""

    @abstractmethod
    def recreate_index(
        self, saved: Mapping[str, Any], request: ProvisionRequest, *, is_deleted: bool
    ) -> list[Step]:
        """List the steps that delete an index, unless it is gone, and make it as it was saved."""

    @abstractmethod
    def delete_resources(
        self, names: Sequence[str], endpoints: Sequence[str], request: ProvisionRequest
    ) -> list[Step]:
        """List the steps that delete indexes, and endpoints that serve no other.

        Raises:
            AnswerIsNo: when an endpoint has indexes beside those.
        """
