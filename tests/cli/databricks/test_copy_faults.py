from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from memctl.testing.records import make_records

from ...conftest import make_store
from .workspaces import API, INDEXES, ask, requested, row_ids

SHORT_TERM = INDEXES["short_term"]
MEANT = "research"
FAULTS = {
    "429": ("status", {"status": 429, "error_code": "REQUEST_LIMIT_EXCEEDED", "retry_after": 0}),
    "503": ("status", {"status": 503, "retry_after": 0}),
    "500": ("status", {"status": 500, "error_code": "INTERNAL_ERROR"}),
    "drop": ("drop", {}),
    "drop-after": ("drop", {"after": True}),
    "malformed": ("malformed", {}),
    "partial": ("partial", {"rows": 2}),
    "stale": ("stale", {}),
}


@pytest.fixture
def source(setup, tmp_path):
    """An archive of two crews' memory, beside an empty index."""
    setup("-t", "short_term")
    records = [
        replace(each, group_id="default", crew_id=MEANT if number % 2 else "support")
        for number, each in enumerate(make_records(24))
    ]
    return f"archive:{make_store('archive', tmp_path / 'source', records)}"


def rows(workspace):
    return ask(workspace, "POST", f"{API}/indexes/{SHORT_TERM}/scan", {"num_results": 1000})["data"]


def remove_rows(workspace):
    keys = {"primary_keys": row_ids(workspace, SHORT_TERM)}
    ask(workspace, "DELETE", f"{API}/indexes/{SHORT_TERM}/delete-data", keys)


@pytest.mark.parametrize(
    "case", [*product(["migrate", "clear"], FAULTS, ["first", "middle", "last"])], ids="-".join
)
def test_one_fault_at_any_request_is_overcome_or_gone_on_from(source, workspace, memctl, case):
    command, fault, place = case
    copy = ("migrate", source, "databricks", "--batch-size", "5", "--timeout", "2", "--json")
    clear = ("clear", MEANT, "--yes", "--batch-size", "5", "--timeout", "2", "--json")
    words = copy if command == "migrate" else clear
    assert memctl(*copy).exit_code == 0
    workspace.clear()
    if command == "migrate":
        remove_rows(workspace)
        workspace.clear()
    assert memctl(*words).exit_code == 0
    expected, sent = rows(workspace), len(requested(workspace, path=f"{API}/indexes"))

    remove_rows(workspace)
    if command == "clear":
        assert memctl(*copy).exit_code == 0
    workspace.clear()
    kind, details = FAULTS[fault]
    skip = {"first": 0, "middle": sent // 2, "last": sent - 2}[place]
    workspace.fault(f"* {API}/indexes*", kind, skip=skip, **details)
    first = memctl(*words)
    workspace.clear()
    second = memctl(*words)

    assert first.exit_code in {0, 6, 8}, first.stdout
    assert second.exit_code == 0, second.stdout
    assert rows(workspace) == expected
