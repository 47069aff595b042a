"""Runs a setup whose resources lie elsewhere: looks, announces, makes or takes back; plans none."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ...backends.facets import Indexed
from ...backends.provisioning import LookingStep, ProvisionRequest
from ...backends.registry import backend_class
from ...model.errors import (
    CredentialError,
    CredentialRejected,
    MemctlError,
    StoreLocked,
    UsageError,
)
from ...model.results import SetupResult, StepTaken
from ..connect import log_in, open_selection
from ..local_state import open_profiles
from ..operations.locks import hold_lock
from ..operations.operation import ATTEMPTED, plan, run_operation
from ..saved_settings import profile_command
from .steps import KeepSecret, SaveProfile
from .wanted import Earlier, Wanted, find_wanted, given, parse_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from ...backends.base import MemoryBackend
    from ...backends.provisioning import Provisioning
    from ...model.backend.provisioning import ProvisioningInfo
    from ...model.journal import Operation
    from ...model.step import Step
    from ...store.profiles import Profiles
    from ..operations.operation import RunningOperation
    from .order import Dialogue, SetupOrder


def provision_store(
    order: SetupOrder, provisioning: ProvisioningInfo, dialogue: Dialogue
) -> SetupResult:
    """Set up, go on with, or take back the store of one profile.

    Raises:
        NothingToResume: when there is none to go on with or to take back.
        StoreLocked: when the group's store is being set up by another process.
        MemctlError: when it can't be made as asked; what broke it off later is in the result.
    """
    if order.resume and order.rollback:
        raise UsageError("`--resume` and `--rollback` exclude each other", hint="give one of them")
    with _alone(order), open_profiles() as profiles:
        setup = _Setup(order, provisioning, dialogue, profiles)
        return setup.take_back() if order.rollback else setup.run()


@contextmanager
def _alone(order: SetupOrder) -> Iterator[None]:
    """Keep other processes from setting up for the group; looking needs no lock."""
    name = f"setup {order.backend} of group {order.group}"
    try:
        with hold_lock(None if order.dry_run else name):
            yield
    except StoreLocked as exc:
        if name not in exc.message:
            raise
        raise StoreLocked(
            f"another memctl is setting up {order.backend} for group `{order.group}`",
            hint="let it end, then run the same command again",
        ) from exc


class _Setup:
    """One run of `memctl setup` for one profile."""

    def __init__(
        self,
        order: SetupOrder,
        provisioning: ProvisioningInfo,
        dialogue: Dialogue,
        profiles: Profiles,
    ) -> None:
        self.backend = backend_class(order.backend)
        self.provisioning = provisioning
        self.order = order
        self.dialogue = dialogue
        self.profiles = profiles
        self.command = f"setup {order.backend}"
        self.existing = profiles.find(order.group, order.profile_name)
        self.earlier = Earlier(self.command, order)

    def run(self) -> SetupResult:
        """Make what is missing, wait for it, and save the profile last."""
        wanted = find_wanted(
            self.backend.info,
            self.provisioning,
            self.order,
            existing=self.existing,
            left=self.earlier.broken_off,
            ask=self.dialogue.ask,
        )
        with self._opened(wanted.settings) as (store, order):
            run = self._begin(store, wanted, is_checked=True)
            run.steps += [KeepSecret(order, each) for each in order.secrets]
            planned = run.result(plan(run.steps))
            if order.dry_run:
                return replace(planned, message="nothing was made: this was a dry run")
            if self.dialogue.announce is not None:
                self.dialogue.announce(planned)
            begun = wanted.plan(order.profile_name)
            with self._operation(store, wanted.resumed, begun) as operation:
                return self._make(run, operation)

    def _make(self, run: _Run, operation: RunningOperation) -> SetupResult:
        failure = operation.try_all(run.steps)
        if failure is not None:
            self._add_ways_out(failure)
        result = run.result(operation.taken, operation)
        message = f"profile `{result.profile.name}` is ready"
        return replace(
            result,
            message=failure.message if failure else message,
            success=failure is None,
            failure=failure,
        )

    def take_back(self) -> SetupResult:
        """Undo what the last setup of the profile made, last first; all of it or nothing.

        Raises:
            AnswerIsNo: when some of it is in use by now; nothing was undone.
        """
        last = self.earlier.made_last()
        begun = last.plan or {}
        values = {**begun["options"], **given(self.order.options)}
        options = parse_options(self.provisioning, values)
        wanted = Wanted(begun["settings"], options, begun["options"], last)
        with self._opened(wanted.settings) as (store, _):
            run = self._begin(store, wanted, is_checked=False)
            secrets = [each.name for each in self.backend.info.settings if each.secret]
            run.steps += [KeepSecret(self.order, each) for each in secrets]
            run.steps = [each for each in run.steps if not isinstance(each, LookingStep)]
            made = {each.name for each in last.steps if each.outcome in ATTEMPTED}
            run.provisioning.check_removal(made)
            if self.order.dry_run:
                meant = [StepTaken(each.name, "planned") for each in run.steps if each.name in made]
                return replace(run.result(meant[::-1]), rolled_back=True, backend_id=None)
            with self._operation(store, last) as operation:
                operation.take_back(run.steps, last.steps)
            failure = operation.failure
            return replace(
                run.result(operation.taken, operation),
                success=failure is None,
                message=failure.message if failure else "what the setup had made was taken back",
                failure=failure,
                rolled_back=True,
                backend_id=None,
            )

    def _begin(self, store: MemoryBackend, wanted: Wanted, *, is_checked: bool) -> _Run:
        request = ProvisionRequest(wanted.options, self.dialogue.progress, is_checked=is_checked)
        indexed = store.facet(Indexed)
        assert indexed is not None  # noqa: S101 - what is provisioned is made of indexes
        provisioning = indexed.provision(request)
        save = SaveProfile(self.profiles, self.order, wanted.settings)
        return _Run(self.order, store, provisioning, save, [*provisioning.steps, save])

    def _operation(
        self, store: MemoryBackend, resumed: Operation | None, plan: dict[str, Any] | None = None
    ) -> AbstractContextManager[RunningOperation]:
        group, redactor = self.order.group, self.order.connecting.redactor
        return run_operation(
            self.command, group, store.location, redactor=redactor, plan=plan, resumed=resumed
        )

    @contextmanager
    def _opened(self, settings: Mapping[str, Any]) -> Iterator[tuple[MemoryBackend, SetupOrder]]:
        """Open the store, asking for a secret where nothing was given to log in with.

        Returns:
            The store, and the order with the secrets that are to be kept.
        """
        order = self.order
        ask, wanted = self.dialogue.ask_secret, self.provisioning.secret_to_ask_for
        while True:
            selection = order.selection(self.existing, settings)
            with open_selection(selection, order.access) as connection:
                store = connection.backend
                try:
                    log_in(store)
                except CredentialRejected:
                    raise  # who gave or named a login is told what is wrong with it
                except CredentialError:
                    if ask is None or {wanted, *order.connecting.secrets} & {*order.secrets}:
                        raise
                    secret = ask(f"{wanted} for {self.backend.info.secret_host(settings)}")
                    order = replace(order, secrets={**order.secrets, wanted: secret})
                    continue
                yield store, order
                return

    def _add_ways_out(self, error: MemctlError) -> None:
        """Add the ways to go on to the hint of an error."""
        name = "" if self.order.name is None else f" --name {self.order.name}"
        command = profile_command(f"{self.command}{name}", self.order.group)
        way = f"`{command} --resume` goes on, and `--rollback` takes back what was made"
        error.hint = f"{error.hint}; {way}" if error.hint else way


@dataclass(slots=True)
class _Run:
    """What one run works with.

    Attributes:
        steps: in their order; the profile's is after those of its resources.
    """

    order: SetupOrder
    store: MemoryBackend
    provisioning: Provisioning
    save: SaveProfile
    steps: list[Step]

    def result(
        self, taken: Iterable[StepTaken], operation: RunningOperation | None = None
    ) -> SetupResult:
        """Return how far it is."""
        resources = self.provisioning.resources()
        profile = self.save.profile()
        login = log_in(self.store)
        return SetupResult(
            backend=self.order.backend,
            location=self.store.location,
            profile=profile,
            dry_run=operation is None,
            operation_id=operation.id if operation else None,
            steps=list(taken),
            identity=asdict(login) if login else {},
            notes=list(self.provisioning.notes),
            endpoints={role: dict(each) for role, each in resources.get("endpoints", {}).items()},
            indexes={role: dict(each) for role, each in resources.get("indexes", {}).items()},
            backend_id=profile.id or None,
        )
