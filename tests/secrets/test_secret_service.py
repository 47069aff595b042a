"""Against a real Secret Service."""

from __future__ import annotations

import gc
import time

import pytest
from keyring.backends import SecretService as FromPackage

from .conftest import CANARY, HOST, files_below, holds_canary, use_keyring
from .guarded import fingerprint

PATIENCE_S = 10

pytestmark = pytest.mark.filterwarnings(
    # `keyring` leaves its connection to D-Bus open when a collection is locked.
    "ignore:unclosed <socket:ResourceWarning",
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning",
)


@pytest.fixture
def service(secret_service, memctl, prod, monkeypatch):
    """Run memctl here, with the keyring that it would find there."""
    address = secret_service.environment["DBUS_SESSION_BUS_ADDRESS"]
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    use_keyring(monkeypatch, FromPackage.Keyring())

    def run(*arguments, stdin=""):
        return memctl(*arguments, stdin=stdin)

    yield run
    gc.collect()  # so that what is left open is warned about here, and not in another test


def test_a_process_finds_the_keyring(service, secret_service, elsewhere, verified_token):
    environment = secret_service.environment
    words = ["config", "secret", "set", "prod", "token", "--json"]

    ran = elsewhere(*words, stdin=f"{CANARY}\n", **environment)

    assert (ran.exit_code, ran.stderr) == (0, "")
    assert (ran.data["place"], ran.data["host"]) == ("keyring", HOST)
    assert verified_token() == fingerprint(CANARY)

    secret_service.lock()
    start = time.monotonic()
    ran = elsewhere("verify", "--json", **environment)
    assert time.monotonic() - start < PATIENCE_S
    assert ran.document["errors"][0]["code"] == "keyring_locked"


def test_a_secret_is_set_listed_used_and_deleted(service, verified_token):
    assert service("config", "secret", "set", "prod", "token", stdin=f"{CANARY}\n").exit_code == 0

    (listed,) = service("config", "secret", "list", "--json").data["secrets"]
    assert (listed["profile"], listed["setting"], listed["host"]) == ("prod", "token", HOST)
    assert (listed["place"], listed["state"]) == ("keyring", "used")
    assert verified_token() == fingerprint(CANARY)

    assert service("config", "secret", "delete", "prod", "token").exit_code == 0
    assert service("config", "secret", "list", "--json").data["secrets"] == []
    assert verified_token() == "none"


def test_a_secret_is_in_no_output_log_or_file(service, home, tmp_path, secret_service):
    log = tmp_path / "log"
    commands = [
        ["config", "secret", "set", "prod", "token"],
        ["config", "secret", "list"],
        ["config", "show", "prod"],
        ["verify"],
        ["history"],
    ]
    printed = ""
    for command in commands:
        for flags in (["-vv", "--log-file", str(log)], ["--json", "--log-file", str(log)]):
            ran = service(*command, *flags, stdin=CANARY)
            assert ran.exit_code == 0, ran.stderr
            printed += ran.stdout + ran.stderr

    assert "from the keyring" in log.read_text()
    assert not holds_canary(printed)
    kept = files_below(home, tmp_path, secret_service.directory)
    assert kept
    assert [path for path, content in kept.items() if holds_canary(content)] == []


def test_a_locked_keyring_is_an_error_with_its_ways_out_in_time(service, secret_service):
    service("config", "secret", "set", "prod", "token", stdin=CANARY)
    secret_service.lock()

    for command in (["verify"], ["config", "secret", "set", "prod", "token"]):
        start = time.monotonic()
        ran = service(*command, "--json", stdin="another")

        assert time.monotonic() - start < PATIENCE_S
        assert ran.exit_code == 5, ran.stdout
        (error,) = ran.document["errors"]
        assert error["code"] == "keyring_locked"
        assert "--vault" in error["hint"]
        assert "MEMCTL_GUARDED_TOKEN" in error["hint"]


def test_a_locked_keyring_still_lists_and_forgets(service, secret_service):
    service("config", "secret", "set", "prod", "token", stdin=CANARY)
    secret_service.lock()

    (listed,) = service("config", "secret", "list", "--json").data["secrets"]
    assert listed["place"] == "keyring"
    ran = service("config", "secret", "delete", "prod", "token", "--json")
    assert ran.document["errors"][0]["code"] == "keyring_locked"
    assert "--forget" in ran.document["errors"][0]["hint"]

    ran = service("config", "secret", "delete", "prod", "token", "--forget", "--json")
    assert (ran.exit_code, ran.data["change"]) == (0, "forgotten")
