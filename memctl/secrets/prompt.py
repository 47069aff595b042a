"""Secrets that the user types unseen or gives on standard input; never an argument's value."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from ..model.errors import CredentialMissing, CredentialRejected, Declined, UsageError
from .environment import VAULT_PASSWORD, environment_secret

if TYPE_CHECKING:
    from pydantic import SecretStr

_MOST_CHARACTERS: Final = 65_536


def read_value(label: str, *, may_ask: bool) -> SecretStr:
    """Read a secret: from standard input where that is no terminal, else by a hidden prompt.

    Raises:
        UsageError: when none is given, when it is no text, or when the user may not be asked.
        Declined: when the user ends the prompt without an answer.
    """
    from pydantic import SecretStr

    if not _is_terminal():
        return checked_value(SecretStr(_read_input()))
    if not may_ask:
        raise UsageError("asking for the secret is switched off", hint="give it on standard input")
    return checked_value(SecretStr(_ask(f"{label}: ")))


def checked_value(value: SecretStr) -> SecretStr:
    """Return a secret that a keyring can keep: some text without nulls.

    Raises:
        UsageError: when it is none.
    """
    plain = value.get_secret_value()
    if not plain or "\0" in plain or any("\ud800" <= each <= "\udfff" for each in plain):
        raise UsageError(
            "no secret was given, or what was given is no text",
            hint="give it at the prompt or on standard input, as UTF-8",
        )
    return value


def vault_password(*, is_new: bool, may_ask: bool) -> SecretStr:
    """Return the vault's password: from the environment, else by a hidden prompt.

    Raises:
        CredentialMissing: when there is none and the user may not be asked.
        CredentialRejected: when a new password is empty, or typed otherwise the second time.
        Declined: when the user ends the prompt without an answer.
    """
    from pydantic import SecretStr

    given = environment_secret(VAULT_PASSWORD)
    if given is not None:
        return given
    if not may_ask or not _is_terminal():
        raise CredentialMissing(
            "the vault's password was not given",
            hint=f"set `{VAULT_PASSWORD}`, or run the command in a terminal",
        )
    password = _ask("new password of the vault: " if is_new else "password of the vault: ")
    if is_new and (not password or _ask("the same again: ") != password):
        raise CredentialRejected(
            "the new password is empty, or was typed otherwise the second time",
            hint="run the command again",
        )
    return SecretStr(password)


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _ask(label: str) -> str:
    """Ask without showing the answer; a terminal that can't hide it is refused."""
    import warnings
    from getpass import GetPassWarning, getpass

    with warnings.catch_warnings():
        warnings.simplefilter("error", GetPassWarning)
        try:
            return getpass(label)
        except EOFError:
            raise Declined("no answer was given") from None
        except GetPassWarning:
            raise UsageError(
                "this terminal can't hide what is typed", hint="give it on standard input"
            ) from None


def _read_input() -> str:
    """Read standard input, and leave out the one line end that `echo` and files add."""
    if sys.stdin is None:
        return ""
    try:
        text = sys.stdin.read(_MOST_CHARACTERS + 1)
    except UnicodeDecodeError:
        return ""
    if len(text) > _MOST_CHARACTERS:
        raise UsageError(
            f"what was given on standard input is longer than {_MOST_CHARACTERS} characters",
            hint="give the secret alone",
        )
    return text.removesuffix("\n").removesuffix("\r")
