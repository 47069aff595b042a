"""Vectors made by a model that the workspace serves, through the profile's own login."""

from __future__ import annotations

import pytest

from memctl.model.memory_type import MemoryType
from memctl.testing.records import make_records

from ...conftest import make_store
from ..stores import error_of

MODEL = "databricks:sandbox-64"
SERVED = "/serving-endpoints/sandbox-64/invocations"


@pytest.fixture
def profile(workspace, memctl):
    """A profile with one index of long-term memory, and the model that makes its vectors."""
    ran = memctl("setup", "databricks", "--dimension", "64", "-t", "long_term",
                 "--embedder", MODEL, "--json")  # fmt: skip
    assert ran.exit_code == 0, ran.stdout
    workspace.clear()
    return workspace


@pytest.fixture
def bare(tmp_path):
    """The location of an archive of long-term memory without vectors."""
    records = make_records(
        130, type=MemoryType.LONG_TERM, embedding=None, group_id="default", importance=None
    )
    return f"archive:{make_store('archive', tmp_path / 'bare', records)}"


def asked(workspace, path=SERVED):
    return [each for each in workspace.requests() if each["path"] == path]


def test_rows_are_embedded_by_the_workspaces_model_and_found_by_text(profile, memctl, bare):
    copied = memctl("migrate", bare, "databricks", "--reembed", "--yes", "--json")
    found = memctl("search", "memory number 77", "--limit", "1", "--json")

    assert copied.exit_code == 0, copied.stdout
    assert copied.data["reembedded"]["place"] == "serving endpoint `sandbox-64`"
    assert copied.data["reembedded"]["records"] == copied.data["comparison"]["same"] == 130
    assert found.exit_code == 0, found.stdout
    assert found.data["hits"][0]["record"]["content"] == "memory number 77"
    assert len(asked(profile)) == 4  # a probe, two parts, and the question


def test_a_throttled_model_is_asked_again(profile, memctl):
    profile.fault(f"POST {SERVED}", "status", status=429, retry_after=0, times=2)

    ran = memctl("search", "anything", "--json")

    assert ran.exit_code == 0, ran.stdout
    assert len(asked(profile)) == 3


def test_a_model_that_is_not_served_is_an_error(profile, memctl):
    ran = memctl("search", "anything", "--embedder", "databricks:none", "--json")

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "store_not_found")
    assert "serving endpoint `none`" in error_of(ran)["message"]


def test_a_model_of_another_dimension_is_refused_before_anything_is_written(profile, memctl, bare):
    ran = memctl("migrate", bare, "databricks", "--reembed", "--yes",
                 "--embedder", "databricks:databricks-gte-large-en", "--json")  # fmt: skip

    assert (ran.exit_code, error_of(ran)["code"]) == (4, "wrong_dimension")
    assert "1024" in error_of(ran)["message"]
    assert [each for each in profile.requests() if "upsert-data" in each["path"]] == []
