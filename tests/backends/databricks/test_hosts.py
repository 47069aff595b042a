from __future__ import annotations

import pytest

from memctl.model.errors import InvalidSetting
from memctl.workspace.hosts import check_data_plane, normalise_host


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://dbc-1.cloud.databricks.com", "https://dbc-1.cloud.databricks.com"),
        ("https://dbc-1.cloud.databricks.com/", "https://dbc-1.cloud.databricks.com"),
        ("https://dbc-1.cloud.databricks.com/?o=123", "https://dbc-1.cloud.databricks.com"),
        ("https://dbc-1.cloud.databricks.com/?o=123#job/4", "https://dbc-1.cloud.databricks.com"),
        ("https://dbc-1.cloud.databricks.com/explore/data", "https://dbc-1.cloud.databricks.com"),
        ("dbc-1.cloud.databricks.com", "https://dbc-1.cloud.databricks.com"),
        ("dbc-1.cloud.databricks.com/?o=1", "https://dbc-1.cloud.databricks.com"),
        ("HTTPS://DBC-1.Cloud.Databricks.COM", "https://dbc-1.cloud.databricks.com"),
        ("https://dbc-1.cloud.databricks.com:443/", "https://dbc-1.cloud.databricks.com"),
        ("https://dbc-1.cloud.databricks.com:8443", "https://dbc-1.cloud.databricks.com:8443"),
        (" https://dbc-1.cloud.databricks.com\n", "https://dbc-1.cloud.databricks.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080/?o=1", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address_becomes_its_origin(given, origin):
    assert normalise_host(given) == origin


@pytest.mark.parametrize(
    "given", ["", "https://", "ftp://x.com", "https://a b.com", "https://x:99999999"]
)
def test_what_is_no_address_is_refused(given):
    with pytest.raises(InvalidSetting):
        normalise_host(given)


@pytest.mark.parametrize("given", ["http://dbc-1.cloud.databricks.com", "http://10.0.0.1"])
def test_clear_text_is_refused_but_on_this_machine(given):
    with pytest.raises(InvalidSetting, match="clear text"):
        normalise_host(given)


@pytest.mark.parametrize(
    "given", ["https://me:s3cr3t@dbc-1.cloud.databricks.com", "https://s3cr3t@dbc-1.cloud.com"]
)
def test_a_password_in_an_address_is_refused_and_not_repeated(given):
    with pytest.raises(InvalidSetting) as error:
        normalise_host(given)

    assert "s3cr3t" not in f"{error.value.message} {error.value.hint}"


def test_an_index_that_names_a_host_without_scheme_means_https():
    assert check_data_plane("x.com/api/1", "a.b.c") == "https://x.com/api/1"


def test_a_token_for_rows_is_not_sent_in_clear_text():
    with pytest.raises(InvalidSetting):
        check_data_plane("http://x.com/api/1", "a.b.c")
