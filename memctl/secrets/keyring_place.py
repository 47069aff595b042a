"""Secrets in this machine's keyring, be it missing, locked, unsafe or dead."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, Final

from ..model.errors import KeyringLocked, KeyringUnavailable, MemctlError
from .index import KEYRING
from .place import SERVICE, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from keyring.backend import KeyringBackend
    from pydantic import SecretStr

    from .place import Answer

logger = logging.getLogger(__name__)

_LIMIT_S: Final = 5.0
_LEAST_PRIORITY: Final = 1
"""What `keyring` itself recommends; its null, fail and plaintext backends lie below."""


class KeyringPlace(Place):
    """The keyring that the package `keyring` chooses.

    Every method raises `KeyringUnavailable` or `KeyringLocked` within some seconds.

    Args:
        hint: what to do where the keyring can't be used.
        limit_s: how long a call may take.
    """

    word = KEYRING

    def __init__(self, hint: str, limit_s: float = _LIMIT_S) -> None:
        self._hint = hint
        self._limit_s = limit_s
        self._backend: KeyringBackend | None = None

    def probe(self) -> None:
        """Read what is not there: finds out whether the keyring answers, is safe and unlocked."""
        self._call(lambda backend: backend.get_password(SERVICE, "probe"))

    def write(self, account: str, value: SecretStr) -> None:
        """Keep a secret, and read it back: some keyrings drop what they can't keep."""
        plain = value.get_secret_value()

        def write_and_read(backend: KeyringBackend) -> str | None:
            backend.set_password(SERVICE, account, plain)
            return backend.get_password(SERVICE, account)

        if self._call(write_and_read) != plain:
            raise KeyringUnavailable("the keyring did not keep the secret", hint=self._hint)

    def _call(self, work: Callable[[KeyringBackend], Answer]) -> Answer:
        """Do the work in time.

        What a keyring says is left out, with its cause: some quote the command that they ran, and
        the secret in it.
        """
        from keyring import errors

        try:
            return _within(self._limit_s, lambda: work(self._chosen()))
        except MemctlError:
            raise
        except TimeoutError:
            raise KeyringUnavailable(
                f"the keyring did not answer within {self._limit_s:g} seconds", hint=self._hint
            ) from None
        except errors.KeyringLocked:
            raise KeyringLocked(
                "the keyring is locked, and was not unlocked", hint=self._hint
            ) from None
        except errors.InitError:
            raise KeyringUnavailable(
                "the keyring holds no collection that could be opened", hint=self._hint
            ) from None
        except Exception as exc:  # noqa: BLE001 - a keyring may raise what it likes
            raise KeyringUnavailable(
                f"the keyring failed with `{type(exc).__name__}`", hint=self._hint
            ) from None

    def _chosen(self) -> KeyringBackend:
        """Choose the keyring at the first call, within the time limit as well."""
        if self._backend is None:
            self._backend = self._choose()
            logger.info("keyring: %s", ", ".join(map(_name, _members(self._backend))))
        return self._backend

    def _choose(self) -> KeyringBackend:
        import keyring
        from keyring.backends import fail

        try:
            backend = keyring.get_keyring()
        except Exception as exc:
            raise KeyringUnavailable(
                f"the configured keyring can't be loaded: {exc}", hint=self._hint
            ) from exc
        if isinstance(backend, fail.Keyring):
            raise KeyringUnavailable("no keyring answers on this machine", hint=self._hint)
        unsafe = [_name(each) for each in _members(backend) if _is_unsafe(each)]
        if unsafe:
            raise KeyringUnavailable(
                f"the keyring `{unsafe[0]}` is refused: it keeps secrets unsafely or not at all",
                hint=self._hint,
            )
        return backend


def _within(limit_s: float, call: Callable[[], Answer]) -> Answer:
    """Return what a call returns, or raise what it raises; one that takes longer can't be ended.

    The thread is a daemon: one that waits for a dead D-Bus must not keep memctl from ending.

    Raises:
        TimeoutError: when the call takes longer.
    """
    answer: Future[Answer] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except BaseException as exc:  # noqa: BLE001 - it is raised again where it is waited for
            answer.set_exception(exc)

    Thread(target=run, name="keyring", daemon=True).start()
    return answer.result(limit_s)


def _members(backend: KeyringBackend) -> Sequence[KeyringBackend]:
    """List the keyrings that a chain passes a secret on to."""
    from keyring.backends import chainer

    if isinstance(backend, chainer.ChainerBackend):
        return list(backend.backends)
    return [backend]


def _is_unsafe(backend: KeyringBackend) -> bool:
    return backend.priority < _LEAST_PRIORITY or "plaintext" in type(backend).__name__.lower()


def _name(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"
