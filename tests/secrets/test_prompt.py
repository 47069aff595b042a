"""What is typed in a terminal; it is a real one, a pseudo-terminal with memctl behind it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import termios
import time

import pytest

from .conftest import CANARY, ROOT, bare_environment
from .guarded import __name__ as program
from .worker import __name__ as worker

SET = ("config", "secret", "set", "prod", "token", "--vault")
TYPED = CANARY.encode()


class Terminal:
    """A program in a terminal, and what the user would see there."""

    def __init__(self, arguments, environment):
        self._ours, theirs = os.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=ROOT,
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = b""

    def wait_for(self, text: bytes) -> None:
        """Wait until a question is shown and what is typed is hidden."""
        deadline = time.monotonic() + 20
        while text not in self.seen or termios.tcgetattr(self._ours)[3] & termios.ECHO:
            assert time.monotonic() < deadline, self.seen
            if select.select([self._ours], [], [], 0.05)[0]:
                self.seen += os.read(self._ours, 1000)

    def type(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def end(self) -> int:
        try:
            while more := os.read(self._ours, 1000):
                self.seen += more
        except OSError:
            pass  # how Linux says that nobody holds the other end any more
        os.close(self._ours)
        return self._process.wait()


@pytest.fixture
def terminal(prod, tmp_path):
    def start(*arguments, **environment):
        return Terminal([program, *arguments], bare_environment(tmp_path) | environment)

    return start


def test_a_secret_and_the_vaults_password_are_typed_unseen(terminal, home):
    setting = terminal(*SET)
    setting.wait_for(b"new password of the vault: ")
    setting.type(b"right\n")
    setting.wait_for(b"the same again: ")
    setting.type(b"right\n")
    setting.wait_for(b"token of profile `prod` for https://db.test:8000: ")
    setting.type(TYPED + b"\n")

    assert setting.end() == 0, setting.seen
    assert TYPED not in setting.seen
    assert (home / "vault").exists()

    verifying = terminal("verify")
    verifying.wait_for(b"password of the vault: ")
    verifying.type(b"right\n")
    assert verifying.end() == 0, verifying.seen
    assert b"right" not in setting.seen + verifying.seen


@pytest.mark.parametrize(
    ("second", "code"), [(b"other\n", b"credential_rejected"), (b"\x04", b"declined")]
)
def test_a_new_password_is_typed_twice_alike(tmp_path, second, code):
    asking = Terminal([worker, "ask"], bare_environment(tmp_path))
    asking.wait_for(b"new password of the vault: ")
    asking.type(b"right\n")
    asking.wait_for(b"the same again: ")
    asking.type(second)

    assert asking.end() == 0
    assert code in asking.seen


def test_nobody_is_asked_with_no_input(terminal):
    setting = terminal(*SET, "--no-input", MEMCTL_VAULT_PASSWORD="right")  # noqa: S106 - a test's

    assert setting.end() == 2
    assert b"give it on standard input" in setting.seen
