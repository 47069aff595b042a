"""Every error that memctl raises, each with its code, exit code and way out."""

from __future__ import annotations

import errno
from typing import ClassVar, Final

from .address.logins import without_logins

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the system says where a disk, or a user's share of it, is full."""


class MemctlError(Exception):
    """Something went wrong that memctl can name; it repeats no login of a URL.

    Args:
        message: what, where and why: lower case, no full stop, values in backticks.
        hint: what to do about it, in the same form.
    """

    code: ClassVar[str] = "unexpected"
    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        self.message = without_logins(message)
        super().__init__(self.message)
        self.hint = None if hint is None else without_logins(hint)


class Declined(MemctlError):
    """The user said no."""

    code = "declined"


class UsageError(MemctlError):
    """The command line can't be carried out as it is written."""

    code = "usage"
    exit_code = 2


class AnswerIsNo(MemctlError):
    """The question was answered, and the answer is no."""

    code = "answer_is_no"
    exit_code = 3


class ProblemsFound(AnswerIsNo):
    """`verify` found problems."""

    code = "problems_found"


class Conflict(AnswerIsNo):
    """The target holds another memory under the same id and owner."""

    code = "conflict"


class SidesDiffer(AnswerIsNo):
    """Source and target do not hold the same records."""

    code = "sides_differ"


class AllLeftOut(AnswerIsNo):
    """A store holds records, and all of them were left out of a copy or a comparison."""

    code = "all_left_out"


class ConfigurationError(MemctlError):
    """A profile, a setting or a location can't be used as it is."""

    code = "configuration"
    exit_code = 4


class ProfileNotFound(ConfigurationError):
    """No profile of that name is saved in the group."""

    code = "profile_not_found"


class NoProfileInForce(ConfigurationError):
    """No profile is in force that the command may use, and it may not use what is left instead."""

    code = "no_profile_in_force"


class ProfileExists(ConfigurationError):
    """The group already has a profile of that name."""

    code = "profile_exists"


class InvalidSetting(ConfigurationError):
    """A setting is unknown, missing or of the wrong form.

    Attributes:
        setting: the name of the setting whose value is of the wrong form.
    """

    code = "invalid_setting"
    setting: str | None = None


class StoreNotFound(ConfigurationError):
    """Nothing lies at the location."""

    code = "store_not_found"


class NotAStore(ConfigurationError):
    """What lies at the location is not a store of that backend."""

    code = "not_a_store"


class DamagedStore(ConfigurationError):
    """A store can't be read in full: a file of it is missing, cut short or changed."""

    code = "damaged_store"


class WrongDimension(ConfigurationError):
    """A vector's dimension is not the collection's."""

    code = "wrong_dimension"


class InvalidCursor(ConfigurationError):
    """A cursor was not made by this store."""

    code = "invalid_cursor"


class RequestRefused(ConfigurationError):
    """The other side refuses a request as it is.

    Args:
        status: the HTTP status.
        reason: the code that the other side gives, such as ``RESOURCE_ALREADY_EXISTS``.
        detail: its own words.
    """

    code = "request_refused"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        reason: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.status, self.reason, self.detail = status, reason, detail


class LocalStateUnusable(ConfigurationError):
    """A file of memctl's own can't be opened, read or written."""

    code = "local_state_unusable"


class CredentialError(MemctlError):
    """Credentials are missing or were rejected."""

    code = "credentials"
    exit_code = 5


class CredentialMissing(CredentialError):
    """A secret is needed, and none is kept for this profile and host."""

    code = "credential_missing"


class CredentialRejected(CredentialError):
    """A secret or a password was given and is not the right one."""

    code = "credential_rejected"


class KeyringUnavailable(CredentialError):
    """No keyring that keeps secrets safe answers on this machine."""

    code = "keyring_unavailable"


class KeyringLocked(KeyringUnavailable):
    """The keyring is locked and was not unlocked."""

    code = "keyring_locked"


class NotPermitted(CredentialError):
    """The user may not do this."""

    code = "not_permitted"


class Unreachable(MemctlError):
    """The other side does not answer; trying again may help.

    Args:
        retry_after: how many seconds it asks to wait before.
    """

    code = "unreachable"
    exit_code = 6
    retryable = True

    def __init__(self, message: str, *, hint: str | None = None, retry_after: float = 0.0) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class StoreLocked(Unreachable):
    """Another process is writing to the store."""

    code = "store_locked"


class TimedOut(Unreachable):
    """The other side did not answer in time."""

    code = "timed_out"


class Throttled(Unreachable):
    """The other side takes no more requests for now, and did nothing."""

    code = "throttled"


class BadAnswer(Unreachable):
    """The other side answered with what can't be understood, or with its own failure."""

    code = "bad_answer"


class Unsupported(MemctlError):
    """This can't be done here."""

    code = "unsupported"
    exit_code = 7


class UnsupportedOperation(Unsupported):
    """The backend, or this store of it, does not offer the operation."""

    code = "unsupported_operation"


class UnsupportedSchema(Unsupported):
    """The store's schema level is not one that memctl may read or write."""

    code = "unsupported_schema"


class LossRefused(Unsupported):
    """The target can't hold all of the source, and the loss was not allowed."""

    code = "loss_refused"


class BackendNotInstalled(Unsupported):
    """The backend needs an optional package that is not installed."""

    code = "backend_not_installed"


class Partial(MemctlError):
    """Some of the work was done; running the command again resumes it."""

    code = "partial"
    exit_code = 8


class WriteFailed(Partial):
    """The target refused some of the records."""

    code = "write_failed"


class SourceChanged(Partial):
    """A store was written to while it was read."""

    code = "source_changed"


class DiskFull(Partial):
    """The disk filled up."""

    code = "disk_full"


class Interrupted(MemctlError):
    """The user interrupted the command."""

    code = "interrupted"
    exit_code = 130


def unexpected(exc: BaseException) -> MemctlError:
    """Return the error that stands for what nobody foresaw."""
    return MemctlError(
        f"unexpected: {type(exc).__name__}: {exc}",
        hint="this is a bug in memctl; run the command again with `-vv` and report it",
    )
