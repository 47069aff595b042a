from __future__ import annotations

import pytest

from ..stores import error_of
from .workspaces import INDEXES, row_ids


@pytest.mark.parametrize("rows", [1, 3])
def test_rows_that_a_workspace_refuses_are_told_and_go_on_being_told_until_it_takes_them(
    setup, workspace, memctl, archive_of_four, rows
):
    setup()
    words = ("migrate", archive_of_four, "databricks", "--json")
    workspace.fault("POST */upsert-data", "partial", rows=rows, times=0)

    first, again = memctl(*words), memctl(*words)
    workspace.clear()
    last = memctl(*words)

    assert [each.exit_code for each in (first, again, last)] == [8, 8, 0], last.stdout
    assert error_of(first)["code"] == "write_failed"
    assert last.data["comparison"]["same"] == 20
    found = [row_ids(workspace, each) for each in INDEXES.values()]
    assert [len(set(each)) for each in found] == [len(each) for each in found] == [5, 5, 5, 5]
