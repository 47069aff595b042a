from __future__ import annotations

import traceback

import pytest
from keyring.backends import fail
from pydantic import SecretStr

import memctl as package
from memctl.core.secrets import delete_secret, list_secrets, set_secret
from memctl.model.errors import CredentialMissing, InvalidSetting, KeyringUnavailable, UsageError
from memctl.secrets.vault import Vault

from .conftest import CANARY, HOST, OTHER_HOST, files_below, holds_canary, use_keyring
from .guarded import fingerprint
from .keyrings import ForgettingKeyring
from .worker import LITTLE_WORK

SECRET = SecretStr(CANARY)
VARIABLE = "MEMCTL_GUARDED_TOKEN"


@pytest.fixture(autouse=True)
def _vaults_open_fast(monkeypatch):
    monkeypatch.setattr(Vault.__init__, "__defaults__", (LITTLE_WORK,))


@pytest.fixture
def token(prod):
    """Keep the token of `prod` in the keyring."""
    set_secret("default", "prod", "token", value=SECRET)


def read_token(profile="prod", group=None):
    """Read the token as a program that uses the library does."""
    with package.connect(profile, group=group) as connection:
        return connection.backend.read_secret("token")


# From where to where


def test_a_secret_comes_from_standard_input_without_its_line_end(memctl, prod, verified_token):
    for given in (CANARY, f"{CANARY}\n", f"{CANARY}\r\n"):
        ran = memctl("config", "secret", "set", "prod", "token", stdin=given)

        assert ran.exit_code == 0, ran.stderr
        assert verified_token() == fingerprint(CANARY)


@pytest.mark.parametrize("given", ["", "\n", "a\0b", "x" * 70_000])
def test_what_is_no_secret_is_refused_and_not_shown(memctl, prod, in_keyring, given):
    ran = memctl("config", "secret", "set", "prod", "token", "--json", stdin=given)

    assert ran.exit_code == 2
    assert "a\0b" not in ran.stdout
    assert in_keyring == {}
    assert list_secrets("default").secrets == []


def test_an_empty_secret_of_a_program_is_refused(prod):
    with pytest.raises(UsageError):
        set_secret("default", "prod", "token", value=SecretStr(""))


def test_the_screens_name_place_and_host_and_never_the_value(memctl, prod):
    ran = memctl("config", "secret", "set", "prod", "token", stdin=CANARY)
    assert f"lies in the keyring, for {HOST} only" in " ".join(ran.stdout.split())

    ran = memctl("config", "secret", "list")
    assert ran.stdout.splitlines()[-1].split() == ["prod", "token", HOST, "keyring", "used"]
    ran = memctl("config", "secret", "delete", "prod", "token")
    assert "deleted secret `token` of profile `prod` in the keyring" in ran.stdout


def test_the_environment_outranks_what_is_kept(token, monkeypatch, memctl):
    monkeypatch.setenv(VARIABLE, "from outside")

    assert read_token().get_secret_value() == "from outside"
    (listed,) = list_secrets("default").secrets
    assert listed.state == "shadowed"
    monkeypatch.setenv(VARIABLE, "")
    assert read_token() == SECRET


def test_a_store_without_secrets_wakes_no_keyring(prod, monkeypatch):
    use_keyring(monkeypatch, "not even looked at")

    assert read_token() is None


def test_setting_again_replaces_the_secret(token, in_keyring):
    set_secret("default", "prod", "token", value=SecretStr("new"))

    assert list(in_keyring.values()) == ["new"]
    assert len(list_secrets("default").secrets) == 1


def test_a_secret_moves_between_keyring_and_vault(token, in_keyring, monkeypatch):
    monkeypatch.setenv("MEMCTL_VAULT_PASSWORD", "right")

    set_secret("default", "prod", "token", in_vault=True, value=SECRET)
    assert in_keyring == {}
    assert [each.place for each in list_secrets("default").secrets] == ["vault"]
    assert read_token() == SECRET

    set_secret("default", "prod", "token", value=SECRET)
    assert [each.place for each in list_secrets("default").secrets] == ["keyring"]
    delete_secret("default", "prod", "token")
    assert read_token() is None


# Bound to a profile and a host


def test_a_secret_goes_to_no_other_host(token, memctl):
    memctl("config", "update", "prod", "--set", f"host={OTHER_HOST}")

    with pytest.raises(CredentialMissing) as caught:
        read_token()
    assert HOST in caught.value.message
    assert OTHER_HOST in caught.value.message
    assert "memctl config secret set prod token" in caught.value.hint
    assert list_secrets("default").secrets[0].state == "other_host"

    set_secret("default", "prod", "token", value=SecretStr("another"))
    assert read_token().get_secret_value() == "another"
    assert [each.host for each in list_secrets("default").secrets] == [OTHER_HOST]


def test_an_index_changed_by_hand_leads_no_secret_to_another_host(token, memctl, home):
    memctl("config", "update", "prod", "--set", f"host={OTHER_HOST}")
    index = home / "secrets.json"
    index.write_text(index.read_text().replace(HOST, OTHER_HOST))

    with pytest.raises(CredentialMissing, match="is gone from the keyring"):
        read_token()


def test_a_secret_without_a_host_is_refused(memctl, prod):
    memctl("config", "create", "local", "--backend", "guarded")

    with pytest.raises(InvalidSetting, match="names no host"):
        set_secret("default", "local", "token", value=SECRET)


def test_a_renamed_profile_keeps_its_secret(token, memctl):
    memctl("config", "update", "prod", "--name", "main")

    assert read_token("main") == SECRET
    assert [each.profile for each in list_secrets("default", "main").secrets] == ["main"]
    delete_secret("default", "main", "token")
    assert list_secrets("default").secrets == []


def test_a_later_profile_of_the_same_name_inherits_nothing(token, memctl):
    memctl("config", "delete", "prod")
    memctl("config", "create", "prod", "--backend", "guarded", "--set", f"host={HOST}")

    assert read_token() is None
    assert [each.state for each in list_secrets("default").secrets] == ["no_profile"]


def test_the_secret_of_a_deleted_profile_can_be_deleted(token, memctl, in_keyring):
    memctl("config", "delete", "prod")

    delete_secret("default", "prod", "token")

    assert in_keyring == {}


def test_groups_do_not_share_secrets(token, memctl):
    memctl("config", "create", "prod", "--backend", "guarded", "--set", f"host={HOST}", "-g", "b")

    assert read_token(group="b") is None
    assert list_secrets("b").secrets == []


@pytest.mark.parametrize("setting", ["host", "nonsense"])
def test_only_what_the_backend_declares_as_secret_can_be_set(prod, setting):
    with pytest.raises(InvalidSetting, match="has no secret setting") as caught:
        set_secret("default", "prod", setting, value=SECRET)
    assert caught.value.hint == "its secret settings: `token`"


# What goes wrong


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["set", "nobody", "token"], "profile_not_found"),
        (["list", "nobody"], "profile_not_found"),
        (["delete", "prod", "token"], "credential_missing"),
        (["delete", "nobody", "token"], "credential_missing"),
    ],
)
def test_what_is_not_there_is_named(memctl, prod, words, code):
    ran = memctl("config", "secret", *words, "--json", stdin=CANARY)

    assert ran.document["errors"][0]["code"] == code


def test_a_secret_that_is_gone_from_the_keyring_is_an_error(token, in_keyring):
    in_keyring.clear()

    with pytest.raises(CredentialMissing, match="is gone from the keyring"):
        read_token()


def test_a_vault_that_was_moved_away_is_named_and_nobody_is_asked(prod, home, monkeypatch):
    monkeypatch.setenv("MEMCTL_VAULT_PASSWORD", "right")
    set_secret("default", "prod", "token", in_vault=True, value=SECRET)
    monkeypatch.delenv("MEMCTL_VAULT_PASSWORD")
    (home / "vault").unlink()

    with pytest.raises(CredentialMissing, match="is gone from the vault"):
        read_token()
    delete_secret("default", "prod", "token")
    assert list_secrets("default").secrets == []


def test_a_secret_in_a_dead_keyring_is_not_replaced_unseen(token, monkeypatch):
    monkeypatch.setenv("MEMCTL_VAULT_PASSWORD", "right")
    use_keyring(monkeypatch, fail.Keyring())

    with pytest.raises(KeyringUnavailable):
        set_secret("default", "prod", "token", in_vault=True, value=SecretStr("new"))

    delete_secret("default", "prod", "token", only_entry=True)
    set_secret("default", "prod", "token", in_vault=True, value=SecretStr("new"))
    assert read_token().get_secret_value() == "new"


def test_forgetting_leaves_the_value_and_drops_the_entry(token, in_keyring, monkeypatch):
    delete_secret("default", "prod", "token", only_entry=True)

    assert CANARY in in_keyring.values()
    assert list_secrets("default").secrets == []


def test_a_secret_that_could_not_be_kept_is_not_in_the_error(prod, monkeypatch):
    use_keyring(monkeypatch, ForgettingKeyring())

    with pytest.raises(KeyringUnavailable) as caught:
        set_secret("default", "prod", "token", value=SECRET)
    assert not holds_canary("".join(traceback.format_exception(caught.value)))


def test_a_vault_needs_its_password(memctl, prod, home, monkeypatch):
    words = ["config", "secret", "set", "prod", "token", "--vault", "--json"]

    (error,) = memctl(*words, stdin=CANARY).document["errors"]
    assert error["code"] == "credential_missing"
    assert "MEMCTL_VAULT_PASSWORD" in error["hint"]
    assert not (home / "vault").exists()

    monkeypatch.setenv("MEMCTL_VAULT_PASSWORD", "right")
    assert memctl(*words, stdin=CANARY).exit_code == 0
    monkeypatch.setenv("MEMCTL_VAULT_PASSWORD", "wrong")
    ran = memctl("verify", "--json")
    assert ran.exit_code == 5
    assert ran.document["errors"][0]["code"] == "credential_rejected"


def test_a_secret_in_the_vault_is_in_no_output_log_or_file(memctl, prod, home, tmp_path, caplog):
    log = tmp_path / "log"
    printed = ""
    for word in ("right", "wrong"):
        for command in (
            ["config", "secret", "set", "prod", "token", "--vault"],
            ["config", "secret", "list"],
            ["verify"],
            ["config", "secret", "delete", "prod", "token"],
            ["config", "secret", "set", "prod", "token", "--vault"],
        ):
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("MEMCTL_VAULT_PASSWORD", f"{word}-{CANARY}")
                ran = memctl(*command, "-vv", "--log-file", log, stdin=CANARY)
            printed += ran.stdout + ran.stderr

    assert "credential" not in printed
    assert "does not open" in printed
    assert not holds_canary(printed + caplog.text)
    kept = files_below(home, tmp_path)
    assert {"vault", "secrets.json", "state.db", "log"} <= {path.name for path in kept}
    assert [path for path, content in kept.items() if holds_canary(content)] == []


def test_a_change_is_in_the_history_without_the_value(token, memctl):
    delete_secret("default", "prod", "token")

    operations = memctl("history", "--json").data["operations"]
    assert [each["command"] for each in operations][:2] == [
        "config secret delete",
        "config secret set",
    ]
    assert "secret token of profile prod" in operations[0]["subject"]
