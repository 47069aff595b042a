"""A service principal: tokens for the workspace, and narrower ones for an index's own host."""

from __future__ import annotations

import pytest

from memctl.model.errors import CredentialRejected
from memctl.testing.records import make_records
from memctl.testing.suite import assert_same, scan_all

from .opening import INDEX, SHORT_TERM, make_store, open_store


def open_as_principal(sandbox, **options):
    return open_store(
        sandbox,
        secrets={"client_secret": sandbox.client_secret},
        client_id=sandbox.client_id,
        indexes={SHORT_TERM: INDEX},
        **options,
    )


@pytest.fixture
def made(sandbox):
    with make_store(sandbox):
        sandbox.clear()
    return sandbox


def count_tokens(sandbox):
    return sum(each["path"] == "/oidc/v1/token" for each in sandbox.requests())


def test_rows_go_to_the_indexes_own_host(made):
    with open_as_principal(made) as store:
        store.upsert(SHORT_TERM, make_records(25))
        store.delete(SHORT_TERM, ["record-00003"])
        found = scan_all(store)

    assert len(found) == 24
    on_workspace = [each for each in made.requests() if "/vector-search/indexes/" in each["path"]]
    assert {each["path"].rpartition("/")[2] for each in on_workspace} == {INDEX}


def test_one_token_serves_all_requests_of_a_kind(made):
    with open_as_principal(made) as store:
        for _ in range(5):
            store.upsert(SHORT_TERM, make_records(5))
            scan_all(store)

    assert count_tokens(made) == 3


def test_a_token_is_renewed_before_it_expires(made):
    with open_as_principal(made) as store:
        store.upsert(SHORT_TERM, make_records(5))
        made.advance(4000)

        store.upsert(SHORT_TERM, make_records(10))
        assert_same(make_records(10), scan_all(store))
        assert store.service.describe(INDEX, fresh=True)["name"] == INDEX


@pytest.mark.parametrize("sandbox", [{"token_lifetime": 1}], indirect=True)
def test_tokens_that_live_shorter_than_a_run_are_minted_again_and_again(sandbox):
    with make_store(sandbox):
        pass
    with open_as_principal(sandbox) as store:
        for number in range(0, 40, 10):
            store.upsert(SHORT_TERM, make_records(40)[number : number + 10])
            sandbox.advance(2)

        assert_same(make_records(40), scan_all(store))


def test_a_secret_that_was_withdrawn_ends_the_run_with_its_error(made):
    with open_as_principal(made) as store:
        store.upsert(SHORT_TERM, make_records(5))
        made.fault("POST /oidc/v1/token", status=401, times=0)
        made.fault("* */upsert-data", status=401, times=0)

        with pytest.raises(CredentialRejected) as error:
            store.upsert(SHORT_TERM, make_records(5))

    assert made.client_secret not in f"{error.value.message} {error.value.hint}"


def test_a_host_for_rows_in_clear_text_gets_no_token(made):
    with open_as_principal(made) as store:
        described = store.service.describe(INDEX)
        described["status"]["index_url"] = "http://rows.example.com/x"

        with pytest.raises(Exception, match="clear text"):
            scan_all(store)


def test_a_user_token_that_is_revoked_is_told(made):
    token = made.issue_token("admin@sandbox.test")
    with open_store(made, secrets={"user_token": token}, indexes={SHORT_TERM: INDEX}) as store:
        store.upsert(SHORT_TERM, make_records(3))
        made.fault("* */scan", status=401, times=0)

        with pytest.raises(CredentialRejected):
            scan_all(store)
