from __future__ import annotations

from dataclasses import replace

import pytest

from memctl.testing.records import make_records

from ...conftest import make_store
from ..independent import assert_seen
from ..test_copy_near_ids import NEARLY_ONE
from .kills import kill_runs
from .workspaces import INDEXES, row_ids

SHORT_TERM = INDEXES["short_term"]
COPIED = [replace(each, group_id="default") for each in make_records(36)]
BEGUN = ["migrate ", "copying ", "copying ", "compare ..."]

often = pytest.mark.parametrize("kills", [10, pytest.param(50, marks=pytest.mark.many_kills)])


@often
@pytest.mark.parametrize("sandbox", [{"latency_ms": 3}], indirect=True, ids=[""])
def test_a_copy_there_and_back_killed_at_random_points_ends_as_undisturbed_ones(
    setup, workspace, memctl, tmp_path, kills
):
    setup("-t", "short_term")
    source = make_store("archive", tmp_path / "source", COPIED)
    there = ("migrate", f"archive:{source}", "databricks", "--batch-size", "3", "--json")
    back = ("migrate", "databricks", f"archive:{tmp_path}/back", "--batch-size", "3", "--json")

    for words in (there, back):
        kill_runs(kills // 2, BEGUN, *words)
        ran = memctl(*words)
        assert ran.exit_code == 0, ran.stdout
        assert ran.data["comparison"]["same"] == len(COPIED)

    found = row_ids(workspace, SHORT_TERM)
    assert sorted(found) == [each.id for each in COPIED]
    assert_seen(COPIED, "archive", tmp_path / "back")


def test_ids_that_are_nearly_the_same_are_rows_of_their_own(setup, workspace, memctl, tmp_path):
    setup("-t", "short_term")
    written = [replace(each, group_id="default") for each in NEARLY_ONE]
    source = f"archive:{make_store('archive', tmp_path / 'source', written)}"

    there = memctl("migrate", source, "databricks", "--json")
    back = memctl("migrate", "databricks", f"archive:{tmp_path}/back", "--json")
    compared = memctl("diff", source, "databricks", "--json")

    assert (there.exit_code, back.exit_code, compared.exit_code) == (0, 0, 0), there.stdout
    assert sorted(row_ids(workspace, SHORT_TERM)) == sorted(each.id for each in written)
    assert_seen(written, "archive", tmp_path / "back")
