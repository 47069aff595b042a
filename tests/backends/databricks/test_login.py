from __future__ import annotations

import os
import socket
import time

import pytest

from memctl.model.errors import (
    CredentialMissing,
    CredentialRejected,
    InvalidSetting,
    NotPermitted,
    TimedOut,
    Unreachable,
)
from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_records
from memctl.workspace.login import Outcome

from .opening import SHORT_TERM, make_store, open_store

STRAY = {
    "DATABRICKS_HOST": "http://127.0.0.1:9",
    "DATABRICKS_TOKEN": "dapi-of-somebody-else",
    "DATABRICKS_CLIENT_ID": "stray-client",
    "DATABRICKS_CLIENT_SECRET": "stray-secret",
    "DATABRICKS_CONFIG_PROFILE": "stray-profile",
    "DATABRICKS_CONFIG_FILE": "/nonexistent/databrickscfg",
    "DATABRICKS_AUTH_TYPE": "azure-cli",
    "DATABRICKS_USERNAME": "stray",
    "DATABRICKS_PASSWORD": "stray",
    "DATABRICKS_GROUP_ID": "77",
    "DATABRICKS_ACCOUNT_ID": "stray",
    "DATABRICKS_WORKSPACE_ID": "88",
    "DATABRICKS_DISCOVERY_URL": "http://127.0.0.1:9/oidc",
    "DATABRICKS_METADATA_SERVICE_URL": "http://127.0.0.1:9/meta",
    "DATABRICKS_RATE_LIMIT": "3",
    "DATABRICKS_DEBUG_HEADERS": "1",
    "ARM_CLIENT_ID": "stray",
    "ARM_CLIENT_SECRET": "stray",
    "ARM_TENANT_ID": "stray",
    "ARM_USE_MSI": "true",
}


@pytest.fixture(autouse=True)
def no_vendor(monkeypatch, tmp_path):
    """Give the vendor's own chain nothing, whatever this machine has."""
    for name in [*os.environ]:
        if name.startswith(("DATABRICKS_", "ARM_", "GOOGLE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))


def all_secrets(sandbox):
    return {
        "user_token": sandbox.obo_token,
        "client_secret": sandbox.client_secret,
        "token": sandbox.token,
    }


def outcomes(store):
    return [each.outcome for each in store.workspace.attempts]


@pytest.mark.parametrize("stray", [{}, STRAY], ids=["clean", "stray variables"])
@pytest.mark.parametrize(
    ("given", "method"),
    [
        ({"user_token", "client_secret", "token"}, "user token"),
        ({"client_secret", "token"}, "client credentials"),
        ({"token"}, "access token"),
        ({"user_token"}, "user token"),
        ({"client_secret"}, "client credentials"),
    ],
)
def test_the_preferred_method_that_is_given_is_used(sandbox, monkeypatch, stray, given, method):
    for name, value in stray.items():
        monkeypatch.setenv(name, value)
    secrets = {name: each for name, each in all_secrets(sandbox).items() if name in given}
    users = {
        "user token": "user@sandbox.test",
        "client credentials": sandbox.client_id,
        "access token": "admin@sandbox.test",
    }

    with open_store(sandbox, secrets=secrets, client_id=sandbox.client_id) as store:
        assert (store.workspace.method, store.workspace.user) == (method, users[method])
        assert store.workspace.host == sandbox.url


def test_each_variable_of_the_vendor_alone_changes_nothing(sandbox, monkeypatch):
    for name, value in STRAY.items():
        with monkeypatch.context() as stray:
            stray.setenv(name, value)
            with open_store(sandbox) as store:
                assert store.workspace.user == "admin@sandbox.test", name


def test_every_methods_outcome_is_kept(sandbox):
    secrets = {**all_secrets(sandbox), "user_token": "dapi-wrong", "client_secret": "wrong"}

    with open_store(sandbox, secrets=secrets, client_id=sandbox.client_id) as store:
        assert outcomes(store) == [
            Outcome.REJECTED,
            Outcome.REJECTED,
            Outcome.USED,
            Outcome.SKIPPED,
        ]
        reasons = [each.reason for each in store.workspace.attempts]
    assert "Invalid access token" in reasons[0]
    assert "invalid_client" in reasons[1]
    assert reasons[2:] == ["logged in as `admin@sandbox.test`", "not needed"]


def test_a_client_secret_without_a_client_id_is_not_tried(sandbox):
    with open_store(sandbox, secrets=all_secrets(sandbox) | {"user_token": "no"}) as store:
        attempt = store.workspace.attempts[1]

    assert (attempt.outcome, attempt.reason) == (
        Outcome.SKIPPED,
        "the profile names no `client_id`",
    )


def test_without_any_credentials_it_says_what_to_give(sandbox):
    with open_store(sandbox, secrets={}) as store, pytest.raises(CredentialMissing) as error:
        store.workspace.log_in()

    assert "MEMCTL_DATABRICKS_TOKEN" in error.value.hint
    assert all(each["path"].startswith("/.well-known/") for each in sandbox.requests())


@pytest.mark.parametrize("sandbox", [{}, {"unknown_token_status": 401}], indirect=True)
def test_rejected_credentials_are_named_by_method_and_not_repeated(sandbox):
    secrets = {"user_token": "dapi-canary-1", "token": "dapi-canary-2"}

    with open_store(sandbox, secrets=secrets) as store:
        with pytest.raises(CredentialRejected) as error:
            store.workspace.log_in()
        shown = f"{error.value.message} {error.value.hint} {store!r}"

    assert "user token" in shown
    assert "access token" in shown
    assert "canary" not in shown
    assert "Config:" not in shown


class TestVendor:
    def test_the_environment_is_used_where_nothing_else_is_given(self, sandbox, monkeypatch):
        monkeypatch.setenv("DATABRICKS_HOST", f"{sandbox.url}/?o=12")
        monkeypatch.setenv("DATABRICKS_TOKEN", sandbox.token)

        with open_store(sandbox, secrets={}) as store:
            assert store.workspace.method == "vendor's environment and files (pat)"

    def test_a_token_without_a_host_is_taken_for_the_profiles(self, sandbox, monkeypatch):
        monkeypatch.setenv("DATABRICKS_TOKEN", sandbox.token)

        with open_store(sandbox, secrets={}) as store:
            assert store.workspace.user == "admin@sandbox.test"

    def test_a_client_in_the_environment_is_a_service_principal(self, sandbox, monkeypatch):
        with make_store(sandbox) as made:
            made.upsert(SHORT_TERM, make_records(3))
        monkeypatch.setenv("DATABRICKS_CLIENT_ID", sandbox.client_id)
        monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", sandbox.client_secret)

        with open_store(sandbox, secrets={}, indexes={SHORT_TERM: "ml.agents.short_term"}) as store:
            assert store.workspace.user == sandbox.client_id
            assert store.count() == 3

    def test_another_host_is_refused_before_anything_is_sent_to_it(self, sandbox, monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as other:
            other.settimeout(0.2)
            address = f"http://127.0.0.1:{other.getsockname()[1]}"
            monkeypatch.setenv("DATABRICKS_HOST", address)
            monkeypatch.setenv("DATABRICKS_TOKEN", sandbox.token)
            with (
                open_store(sandbox, secrets={}) as store,
                pytest.raises(CredentialRejected) as error,
            ):
                store.workspace.log_in()
            with pytest.raises(TimeoutError):
                other.accept()

        assert address in error.value.message
        assert sandbox.url in error.value.message

    def test_a_named_profile_of_the_file_is_used_alone(self, sandbox, monkeypatch, tmp_path):
        file = tmp_path / "databrickscfg"
        file.write_text(
            "[DEFAULT]\nhost = http://127.0.0.1:9\ntoken = no\n"
            f"[agents]\nhost = {sandbox.url}/\ntoken = {sandbox.token}\n"
        )
        monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-of-somebody-else")
        monkeypatch.setenv("DATABRICKS_HOST", "http://127.0.0.1:9")
        monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(file))

        with open_store(sandbox, secrets={}, auth_profile="agents") as store:
            assert store.workspace.user == "admin@sandbox.test"

    def test_a_profile_that_is_not_in_the_file_is_named(self, sandbox, tmp_path):
        (tmp_path / ".databrickscfg").write_text("[DEFAULT]\n")

        with (
            open_store(sandbox, secrets={}, auth_profile="nope") as store,
            pytest.raises(CredentialRejected, match="nope"),
        ):
            store.workspace.log_in()


def test_an_unreachable_host_is_told_in_time():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    store = open_dead(port, timeout=2)

    with store, pytest.raises(Unreachable) as error:
        store.workspace.log_in()

    assert "Connection refused" in error.value.message
    assert f"127.0.0.1:{port}" in error.value.message


@pytest.mark.parametrize("secret", ["token", "client_secret"])
def test_a_host_that_never_answers_is_given_up(secret):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = open_dead(silent.getsockname()[1], timeout=1, secret=secret)
        began = time.monotonic()
        with store, pytest.raises(TimedOut):
            store.workspace.log_in()

    assert time.monotonic() - began < 20  # the SDK alone takes five minutes


def open_dead(port, *, timeout, secret="token"):  # noqa: S107 - the name of a setting
    class Nowhere:
        url = f"http://127.0.0.1:{port}"

    return open_store(
        Nowhere, secrets={secret: "x"}, timeout=timeout, indexes={}, client_id="client"
    )


def test_another_users_index_is_not_permitted(sandbox):
    with make_store(sandbox):
        pass

    with (
        open_store(sandbox, secrets={"token": sandbox.user_token}) as store,
        pytest.raises(NotPermitted) as error,
    ):
        store.count()

    assert "`ml.agents.short_term`" in error.value.message
    assert "Config:" not in error.value.message


def test_one_index_can_not_be_two_memory_types(sandbox):
    with pytest.raises(InvalidSetting, match="same index"):
        open_store(sandbox, indexes={SHORT_TERM: "ml.agents.x", MemoryType.ENTITY: "ml.agents.X"})


def test_a_netrc_of_the_user_replaces_no_credentials(sandbox, monkeypatch, tmp_path):
    file = tmp_path / "netrc"
    file.write_text("default login somebody password else\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))

    with make_store(sandbox) as store:
        store.upsert(SHORT_TERM, make_records(3))
        assert store.count() == 3
