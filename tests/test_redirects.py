"""No client of memctl's follows a server to another host, whatever it asks or sends."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

import pytest
from databricks.sdk.oauth import Refreshable
from pydantic import SecretStr

from memctl.embedding.openai import OpenAICompatible
from memctl.model.address.url import leads_elsewhere, redirected
from memctl.model.backend.embedder import EmbedderName
from memctl.model.errors import CredentialRejected, InvalidSetting, MemctlError
from memctl.model.redaction import Redactor
from memctl.testing.records import make_records
from memctl.workspace.config import VendorConfig
from memctl.workspace.transport import Transport
from memctl.workspace.vendor import VendorStrategy

from .backends.databricks.opening import INDEX, SHORT_TERM, make_store, open_store
from .chroma_server import fill_server, open_server
from .redirects import STATUSES, Elsewhere, Front, serving
from .workspace import sandbox  # noqa: F401 - a fixture

SECRET = "s3cr3t-PLANTED"  # noqa: S105 - a canary
RECORDS = make_records(3)
NEARLY_AN_HOUR = timedelta(minutes=50)
"""After which the SDK takes a token of one hour for stale, which is still good."""
OVER_AN_HOUR = timedelta(minutes=70)


@pytest.fixture
def elsewhere():
    """A server that nothing may reach, which is seen at the end."""
    with serving(Elsewhere()) as server:
        yield server
        assert server.reached == []


def sending(front, elsewhere, status, *, below=""):
    """Let a server send all requests away whose path ends so, with a password in the address."""
    target = elsewhere.origin.replace("//", f"//user:{SECRET}@")
    front.sends_away = lambda _, path: (
        (status, f"{target}{path}?token={SECRET}") if path.endswith(below) else None
    )


def refused(front, elsewhere, do):
    """Return the error that ends what is done, which names both hosts and no secret."""
    with pytest.raises(InvalidSetting) as error:
        do()
    shown = f"{error.value.message} {error.value.hint}"
    assert front.sent_away != []
    assert f"`{front.origin}` redirects to another address, `{elsewhere.origin}`" in shown
    assert SECRET not in shown
    return error.value


def check_end(do, front):
    """See that what is done ends well where nothing was sent away, and else says that it was."""
    front.sent_away.clear()
    error = None
    try:
        do()
    except MemctlError as exc:
        error = exc
    assert (error is None) == (front.sent_away == [])
    if error is not None:
        assert isinstance(error, InvalidSetting)
        assert "redirects to another address" in error.message
        assert SECRET not in error.message


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_requests_for_rows_and_tokens_stay_where_they_are_sent(elsewhere, status, method):
    with serving(Front(elsewhere.origin)) as front:
        sending(front, elsewhere, status)
        transport = Transport()

        refused(front, elsewhere, lambda: transport.send(
            method, f"{front.origin}/scan", seconds=5, host=front.origin, what="x",
            headers={"Authorization": f"Bearer {SECRET}"}, json={"rows": [SECRET]},
        ))  # fmt: skip
        transport.close()


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_requests_of_the_sdk_stay_where_they_are_sent(sandbox, elsewhere, status, method):  # noqa: F811
    with serving(Front(sandbox.url)) as front, open_store(front_of(sandbox, front)) as store:
        store.workspace.log_in()
        sending(front, elsewhere, status)

        body = None if method in {"GET", "DELETE"} else {"records": [SECRET]}
        refused(front, elsewhere, lambda: store.workspace.request(method, "/api/2.0/x", body))
        assert len(front.sent_away) == 1


def front_of(sandbox, front):  # noqa: F811
    """Give a workspace that is reached through another address."""

    class Reached:
        url, token = front.origin, sandbox.token
        client_id, client_secret = sandbox.client_id, sandbox.client_secret

    return Reached


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    ("below", "do"),
    [
        ("/Me", lambda store: store.workspace.log_in()),
        ("/scan", lambda store: list(store.scan(SHORT_TERM))),
        ("/query", lambda store: store.search(SHORT_TERM, RECORDS[0].embedding)),
        ("/upsert-data", lambda store: store.upsert(SHORT_TERM, RECORDS)),
        ("/delete-data", lambda store: store.delete(SHORT_TERM, [RECORDS[0].id])),
        (".short_term", lambda store: store.service.describe(INDEX)),
        ("/invocations", lambda store: store.invoke_model("m", {"input": [SECRET]})),
    ],
    ids=["login", "scan", "search", "upsert", "delete", "describe", "embed"],
)
def test_a_workspace_that_sends_away_gets_nothing_there(sandbox, elsewhere, status, below, do):  # noqa: F811
    with make_store(sandbox) as made:
        made.upsert(SHORT_TERM, RECORDS)
    with serving(Front(sandbox.url)) as front, open_store(front_of(sandbox, front)) as store:
        sending(front, elsewhere, status, below=below)
        check_end(lambda: do(store), front)
        assert front.sent_away != []


@pytest.mark.parametrize("status", STATUSES)
def test_a_clients_secret_is_sent_to_its_own_workspace_only(sandbox, elsewhere, status):  # noqa: F811
    secrets = {"client_secret": sandbox.client_secret}
    with serving(Front(sandbox.url)) as front:
        sending(front, elsewhere, status, below="/oidc/v1/token")
        with open_store(
            front_of(sandbox, front), secrets=secrets, client_id=sandbox.client_id
        ) as store:
            refused(front, elsewhere, store.workspace.log_in)


# Before a login


@pytest.fixture
def vendor(monkeypatch, tmp_path):
    """Log in by the vendor's environment alone."""
    monkeypatch.setenv("HOME", str(tmp_path))

    def configure(host, **variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        strategy = VendorStrategy(
            lambda *_: pytest.fail("no principal is expected"), Redactor(), is_file_alone=False
        )
        options = {"http_timeout_seconds": 5, "retry_timeout_seconds": 1}
        return VendorConfig(host, options, profile=None, credentials_strategy=strategy)

    return configure


@pytest.mark.parametrize("status", STATUSES)
def test_what_a_host_tells_of_itself_is_told_by_no_other(vendor, elsewhere, status):
    with serving(Front(elsewhere.origin)) as front:
        sending(front, elsewhere, status)
        config = vendor(front.origin, DATABRICKS_TOKEN=SECRET)

        assert front.sent_away == ["GET /.well-known/databricks-config HTTP/1.1"]
        assert config.discovery_url is None
        refused(front, elsewhere, lambda: config.databricks_oidc_endpoints)


def test_tokens_are_minted_by_no_host_that_only_a_document_names(vendor, sandbox):  # noqa: F811
    with serving(Front(sandbox.url)) as front:  # the documents behind it name the other address
        config = vendor(front.origin, DATABRICKS_TOKEN=SECRET)

        with pytest.raises(CredentialRejected, match="another host"):
            config.databricks_oidc_endpoints  # noqa: B018 - it asks


def test_a_hosts_own_documents_are_believed(vendor, sandbox):  # noqa: F811
    config = vendor(sandbox.url, DATABRICKS_TOKEN=SECRET)

    assert config.discovery_url == f"{sandbox.url}/oidc/.well-known/oauth-authorization-server"
    assert config.databricks_oidc_endpoints.token_endpoint == f"{sandbox.url}/oidc/v1/token"
    assert config.workspace_id


@pytest.mark.parametrize("status", STATUSES)
def test_an_identity_token_is_exchanged_at_the_host_that_was_named(
    vendor,
    sandbox,  # noqa: F811
    elsewhere,
    status,
):
    with serving(Front(sandbox.url, takes_its_place=True)) as front:
        sending(front, elsewhere, status, below="/oidc/v1/token")

        def log_in():
            config = vendor(
                front.origin,
                DATABRICKS_AUTH_TYPE="env-oidc",
                DATABRICKS_CLIENT_ID=sandbox.client_id,
                DATABRICKS_OIDC_TOKEN=SECRET,
            )
            config.authenticate()

        refused(front, elsewhere, log_in)


def test_a_token_is_renewed_at_the_same_host_and_behind_nobodys_back(
    sandbox,  # noqa: F811
    elsewhere,
    monkeypatch,
):
    with serving(Front(sandbox.url, takes_its_place=True)) as front:
        for name, value in {
            "DATABRICKS_AUTH_TYPE": "env-oidc",
            "DATABRICKS_CLIENT_ID": sandbox.client_id,
            "DATABRICKS_OIDC_TOKEN": sandbox.identity_token,
        }.items():
            monkeypatch.setenv(name, value)
        with open_store(front_of(sandbox, front), secrets={}) as store:
            login = store.workspace.log_in()
            sending(front, elsewhere, 307, below="/oidc/v1/token")
            now = Refreshable._now

            monkeypatch.setattr(Refreshable, "_now", lambda each: now(each) + NEARLY_AN_HOUR)
            login.api.header()
            time.sleep(0.5)  # a renewal in the background would be on its way by now
            assert front.sent_away == []
            monkeypatch.setattr(Refreshable, "_now", lambda each: now(each) + OVER_AN_HOUR)
            refused(front, elsewhere, login.api.header)


@pytest.mark.parametrize("status", STATUSES)
def test_the_request_token_of_a_pipeline_is_sent_to_its_own_server(
    vendor,
    sandbox,  # noqa: F811
    elsewhere,
    status,
):
    with serving(Front(elsewhere.origin)) as front:
        sending(front, elsewhere, status)

        def log_in():
            config = vendor(
                sandbox.url,
                DATABRICKS_AUTH_TYPE="github-oidc",
                DATABRICKS_CLIENT_ID=sandbox.client_id,
                ACTIONS_ID_TOKEN_REQUEST_TOKEN=SECRET,
                ACTIONS_ID_TOKEN_REQUEST_URL=f"{front.origin}/token?x=1",
            )
            config.authenticate()

        refused(front, elsewhere, log_in)


def test_a_client_that_was_chosen_is_minted_for_by_memctl_also_beside_a_token(
    sandbox,  # noqa: F811
    monkeypatch,
):
    for name, value in {
        "DATABRICKS_AUTH_TYPE": "oauth-m2m",
        "DATABRICKS_TOKEN": SECRET,
        "DATABRICKS_CLIENT_ID": sandbox.client_id,
        "DATABRICKS_CLIENT_SECRET": sandbox.client_secret,
    }.items():
        monkeypatch.setenv(name, value)

    with open_store(sandbox, secrets={}) as store:
        assert store.workspace.user == sandbox.client_id
        assert store.workspace.log_in().principal is not None


# Other servers


@pytest.mark.parametrize("status", STATUSES)
def test_a_chroma_server_is_not_followed(chroma_server, database, elsewhere, status):
    filled = fill_server(database, RECORDS)
    with serving(Front(chroma_server)) as front:
        url = filled.replace(chroma_server, front.origin)
        for do in (
            lambda store: store.count(),
            lambda store: store.upsert(SHORT_TERM, RECORDS),
            lambda store: store.delete(SHORT_TERM, [RECORDS[0].id]),
            lambda store: store.exists(),
            lambda store: store.check(),
        ):
            for below in ("", "/get", "/upsert", "/delete", "/count", "/collections"):
                sending(front, elsewhere, status, below=below)
                with open_server(url, writable=True) as store:
                    check_end(partial(do, store), front)


@pytest.mark.parametrize("status", STATUSES)
def test_an_embedding_server_is_not_followed(elsewhere, status):
    with serving(Front(elsewhere.origin)) as front:
        sending(front, elsewhere, status)
        name = EmbedderName.parse("openai:tiny")
        embedder = OpenAICompatible(name, f"{front.origin}/v1", SecretStr(SECRET))

        refused(front, elsewhere, lambda: embedder.embed([SECRET], 5))
        embedder.close()


# What another host is


@pytest.mark.parametrize(
    ("target", "leads"),
    [
        ("/login.html", False),
        ("https://a.example/x", False),
        ("https://A.example:443/x", False),
        ("//a.example/x", False),
        ("http://a.example/x", True),
        ("https://a.example:8443/x", True),
        ("https://b.example/x", True),
        ("//b.example/x", True),
        ("https://a.example@b.example/", True),
        ("https://a.example.b.example/", True),
        ("ftp://a.example/", True),
        ("https://[", True),
        ("https://a.example:port/", True),
    ],
)
def test_another_host_is_one_of_another_scheme_name_or_port(target, leads):
    url = "https://a.example/api"

    assert leads_elsewhere(url, target) is leads
    assert "a.example" in redirected(url, 302, target, hint="").message
