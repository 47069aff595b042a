from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from importlib.metadata import entry_points

import pytest
from keyring.errors import PasswordDeleteError
from keyring.testing.backend import BackendBasicTests
from pydantic import SecretStr

from memctl.model.errors import CredentialRejected, LocalStateUnusable, StoreLocked
from memctl.secrets import private_files
from memctl.secrets.private_files import hold_file
from memctl.secrets.vault import USUAL_WORK, Vault
from memctl.secrets.vault_file import Work

from .conftest import CANARY, ROOT, holds_canary
from .worker import VALUE, make_vault
from .worker import __name__ as worker

ACCOUNT = "acme/prod/token@https://db.test#1"


@pytest.fixture
def vault(tmp_path):
    """A vault that holds one secret."""
    made = make_vault(tmp_path)
    made.set_password("memctl", ACCOUNT, CANARY)
    return made


@pytest.fixture
def path(vault, tmp_path):
    return tmp_path / "vault"


class TestVaultIsAKeyring(BackendBasicTests):
    """The suite that the package `keyring` ships for those who write one."""

    @pytest.fixture(autouse=True)
    def _init_properties(self, tmp_path):
        self.keyring = make_vault(tmp_path)
        self.credentials_created = set()
        yield
        self.cleanup()


def test_what_is_kept_is_read_by_the_next_program(vault, tmp_path):
    assert make_vault(tmp_path).get_password("memctl", ACCOUNT) == CANARY


def test_only_the_owner_may_read_the_files_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        make_vault(tmp_path).set_password("memctl", ACCOUNT, CANARY)
    finally:
        os.umask(before)

    modes = {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
    assert modes.pop("vault") == 0o600
    assert set(modes) <= {"vault.lock"}
    assert set(modes.values()) <= {0o600}


def test_neither_secrets_nor_their_names_can_be_read(path):
    content = path.read_bytes()

    assert not holds_canary(content)
    assert b"acme" not in content
    assert b"db.test" not in content


def test_the_same_secrets_are_never_the_same_bytes(vault, path):
    seen = {path.read_bytes()}
    for _ in range(20):
        vault.set_password("memctl", ACCOUNT, CANARY)
        seen.add(path.read_bytes())

    assert len(seen) == 21


def test_a_wrong_password_is_refused_and_changes_nothing(path, tmp_path):
    before = path.read_bytes()
    stranger = make_vault(tmp_path, "wrong")

    for call in (
        stranger.unlock,
        lambda: stranger.get_password("memctl", ACCOUNT),
        lambda: stranger.set_password("memctl", "mine", "x"),
        lambda: stranger.delete_password("memctl", ACCOUNT),
    ):
        with pytest.raises(CredentialRejected, match="does not open"):
            call()

    assert path.read_bytes() == before


def test_a_change_of_any_byte_is_found(path, tmp_path):
    whole = path.read_bytes()

    for position in range(len(whole)):
        for flipped in (0x01, 0x80):
            changed = bytearray(whole)
            changed[position] ^= flipped
            path.write_bytes(changed)
            with pytest.raises((CredentialRejected, LocalStateUnusable)):
                make_vault(tmp_path).unlock()


def test_a_vault_cut_short_or_longer_is_found(path, tmp_path):
    whole = path.read_bytes()

    for content in [*(whole[:length] for length in range(len(whole))), whole + b"\0"]:
        path.write_bytes(content)
        with pytest.raises((CredentialRejected, LocalStateUnusable)):
            make_vault(tmp_path).unlock()


def test_a_guess_costs_what_is_recommended():
    """128 MiB and about half a second: https://cheatsheetseries.owasp.org, scrypt."""
    assert Work(log_n=17, r=8, p=1) == USUAL_WORK


def test_the_usual_work_is_done_once(tmp_path):
    vault = Vault(tmp_path / "vault", lambda _: SecretStr("right"))
    vault.set_password("memctl", "a", "1")

    start = time.monotonic()
    for number in range(10):
        vault.set_password("memctl", "a", str(number))
    ten_more = time.monotonic() - start

    start = time.monotonic()
    Vault(tmp_path / "vault", lambda _: SecretStr("right")).unlock()
    assert ten_more < 5 * (time.monotonic() - start)


def test_a_header_that_asks_for_too_much_work_is_refused_at_once(path, tmp_path):
    content = bytearray(path.read_bytes())
    for position, value in ((8, 40), (9, 255), (10, 255), (8, 0), (10, 0)):
        changed = content.copy()
        changed[position] = value
        if position == 9:
            changed[8] = 16
        path.write_bytes(changed)
        with pytest.raises(LocalStateUnusable, match="not a vault"):
            make_vault(tmp_path).unlock()


def test_a_file_that_is_no_vault_is_left_alone(tmp_path):
    (tmp_path / "vault").write_bytes(b"something else that lies here" * 10)

    with pytest.raises(LocalStateUnusable, match="not a vault"):
        make_vault(tmp_path).set_password("memctl", "a", "b")

    assert (tmp_path / "vault").read_bytes() == b"something else that lies here" * 10


def test_a_vault_that_can_not_be_written_says_so(tmp_path):
    (tmp_path / "vault.new").mkdir()

    with pytest.raises(LocalStateUnusable, match="can't write"):
        make_vault(tmp_path).set_password("memctl", "a", "b")


def test_another_writer_is_waited_for_and_then_named(vault, path, monkeypatch):
    monkeypatch.setattr(private_files, "_PATIENCE_S", 0.1)

    with hold_file(path), pytest.raises(StoreLocked):
        vault.set_password("memctl", "a", "b")

    vault.set_password("memctl", "a", "b")


def test_what_is_not_there_can_not_be_deleted(vault):
    with pytest.raises(PasswordDeleteError):
        vault.delete_password("memctl", "nobody")
    with pytest.raises(PasswordDeleteError):
        vault.delete_password("other program", ACCOUNT)


def test_the_package_keyring_never_chooses_it():
    assert Vault.priority < 0
    assert not [
        each for each in entry_points(group="keyring.backends") if each.value.startswith("memctl")
    ]


def test_environment_variables_do_not_reach_into_it(tmp_path, monkeypatch):
    monkeypatch.setenv("KEYRING_PROPERTY__PATH", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("KEYRING_PROPERTY__WORK", "none")

    make_vault(tmp_path).set_password("memctl", "a", "b")

    assert (tmp_path / "vault").exists()


def start_writer(directory, name, most):
    return subprocess.Popen(
        [sys.executable, "-m", worker, "vault", str(directory), name, str(most)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_programs_that_write_at_once_lose_nothing(tmp_path):
    writers = [start_writer(tmp_path, name, 10) for name in "ab"]

    assert [each.wait() for each in writers] == [0, 0]
    for each in writers:
        each.stdout.close()
    vault = make_vault(tmp_path)
    kept = [vault.get_password("memctl", f"{name}-{i}") for name in "ab" for i in range(10)]
    assert kept == [VALUE] * 20


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.many_kills)])
def test_a_kill_while_writing_loses_nothing_that_was_kept(tmp_path, kills):
    chance = random.Random(1)
    for kill in range(kills):
        writer = start_writer(tmp_path, f"run{kill}", 1_000_000)
        lines = [writer.stdout.readline()]
        time.sleep(chance.random() * 0.2)
        writer.send_signal(signal.SIGKILL)
        lines += writer.communicate()[0].splitlines(keepends=True)
        acknowledged = [int(each) for each in lines if each.endswith("\n")]

        vault = make_vault(tmp_path)
        for number in acknowledged:
            assert vault.get_password("memctl", f"run{kill}-{number}") == VALUE
        vault.set_password("memctl", "after", "fine")
