from __future__ import annotations

import os
import socket
import sys
import threading
import time
import traceback

import pytest
from pydantic import SecretStr

from memctl.core.secrets import set_secret
from memctl.core.selection import Connecting
from memctl.model.errors import KeyringUnavailable
from memctl.secrets.keyring_place import KeyringPlace

from . import keyrings
from .conftest import CANARY, use_keyring

PATIENCE_S = 10
SET = ("config", "secret", "set", "prod", "token", "--json")


class SilentBus(threading.Thread):
    """A D-Bus that lets a caller log in and never answers again."""

    def __init__(self, path):
        super().__init__()
        self.address = f"unix:path={path}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()

    def run(self):
        try:
            call, _ = self._listener.accept()
        except OSError:
            return
        with call:
            call.recv(1000)
            call.send(b"OK 0123456789abcdef0123456789abcdef\r\n")
            while call.recv(1000):
                pass

    def end(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self.join()
        self._listener.close()


@pytest.fixture
def nobody_types():
    """Give a standard input on which nothing ever comes: reading it would take for ever."""
    reading, writing = os.pipe()
    yield reading
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize(
    ("ring", "said"),
    [
        ("keyring.backends.null.Keyring", "is refused"),
        ("keyring.backends.fail.Keyring", "no keyring answers"),
        ("tests.secrets.keyrings.PlaintextKeyring", "is refused"),
        ("no.such.Keyring", "can't be loaded"),
        ("", "can't be loaded"),
    ],
)
def test_an_unsafe_keyring_is_refused_before_anything_is_asked(ring, said, prod, monkeypatch, home):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", ring)
    use_keyring(monkeypatch, None)
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(KeyringUnavailable, match=said) as caught:
        set_secret("default", "prod", "token", connecting=Connecting(may_ask=True))

    assert "--vault" in caught.value.hint
    assert "MEMCTL_GUARDED_TOKEN" in caught.value.hint
    assert not (home / "secrets.json").exists()


def test_a_machine_without_d_bus_has_no_keyring(elsewhere, prod, nobody_types):
    ran = elsewhere(*SET, stdin=nobody_types)

    assert ran.exit_code == 5
    assert ran.document["errors"][0]["code"] == "keyring_unavailable"


def test_a_d_bus_that_never_answers_ends_in_time(elsewhere, prod, nobody_types, tmp_path):
    bus = SilentBus(tmp_path / "bus")
    bus.start()

    start = time.monotonic()
    ran = elsewhere(*SET, stdin=nobody_types, DBUS_SESSION_BUS_ADDRESS=bus.address)
    bus.end()

    assert time.monotonic() - start < PATIENCE_S
    assert ran.exit_code == 5
    (error,) = ran.document["errors"]
    assert error["code"] == "keyring_unavailable"
    assert "did not answer" in error["message"]


@pytest.mark.parametrize("ring", [keyrings.WeakKeyring, keyrings.ChainWithPlaintext])
def test_what_is_or_leads_to_an_unsafe_keyring_is_refused(ring, monkeypatch):
    use_keyring(monkeypatch, ring())

    with pytest.raises(KeyringUnavailable, match="is refused"):
        KeyringPlace("hint").probe()


def test_a_keyring_that_drops_what_it_is_given_is_found_out(monkeypatch):
    use_keyring(monkeypatch, keyrings.ForgettingKeyring())

    with pytest.raises(KeyringUnavailable, match="did not keep"):
        KeyringPlace("hint").write("account", SecretStr(CANARY))


def test_a_keyring_that_refuses_to_delete_is_found_out(monkeypatch):
    use_keyring(monkeypatch, keyrings.StubbornKeyring())
    place = KeyringPlace("hint")
    place.write("account", SecretStr(CANARY))

    with pytest.raises(KeyringUnavailable, match="PasswordDeleteError"):
        place.remove("account")
    place.remove("another account")


def test_an_error_that_quotes_the_secret_is_not_repeated(monkeypatch):
    use_keyring(monkeypatch, keyrings.TalkativeKeyring())

    with pytest.raises(KeyringUnavailable) as caught:
        KeyringPlace("hint").write("account", SecretStr(CANARY))

    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_call_that_hangs_is_left_behind(monkeypatch):
    hanging = keyrings.RememberingKeyring()
    released = threading.Event()
    monkeypatch.setattr(hanging, "get_password", lambda *_: released.wait())
    use_keyring(monkeypatch, hanging)

    with pytest.raises(KeyringUnavailable, match=r"within 0\.05 seconds"):
        KeyringPlace("hint", limit_s=0.05).probe()
    released.set()
