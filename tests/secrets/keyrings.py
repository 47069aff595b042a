"""Keyrings of some kinds that are met in the wild, beside the real one."""

from __future__ import annotations

from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import PasswordDeleteError


class RememberingKeyring(KeyringBackend):
    """Keeps secrets in this process."""

    priority = 5

    def __init__(self):
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not found")


class PlaintextKeyring(RememberingKeyring):
    """Writes secrets as they are, and thinks well of itself."""


class WeakKeyring(RememberingKeyring):
    """Is one that the package does not recommend."""

    priority = 0.5


class ForgettingKeyring(RememberingKeyring):
    """Says that it keeps secrets, and does not."""

    def set_password(self, *_):
        pass


class TalkativeKeyring(RememberingKeyring):
    """Quotes the secret in its error, as one does that runs another program."""

    def set_password(self, *secret):
        raise ValueError(secret) from RuntimeError(f"command {secret} failed")


class StubbornKeyring(RememberingKeyring):
    """Refuses to delete what it holds."""

    def delete_password(self, *_):
        raise PasswordDeleteError("denied")


class ChainWithPlaintext(ChainerBackend):
    """Passes secrets on to the first that takes them."""

    backends = (RememberingKeyring(), PlaintextKeyring())
