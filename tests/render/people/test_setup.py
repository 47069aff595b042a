from __future__ import annotations

from dataclasses import replace

import pytest

from memctl.model.results import StepTaken

from ..samples import PROFILE, PROVISIONED, SETUP, SETUP_DRY, SETUP_ROLLED_BACK
from ..streams import Terminal, shown


def test_setup_in_full():
    assert shown(SETUP) == (
        """\
store      chroma:/srv/memory
profile    prod, the default of its group
group      acme
operation  b3c0f4de-6a3e-4d53-a01b-0123456789ab

outcome                 step
✓ found, left as it is  create collection short_term
✓ done                  save the profile
""",
        "next: memctl migrate SOURCE prod -g acme\n  or: memctl stats -g acme\n",
    )


def test_setup_dry_run_in_full():
    assert shown(SETUP_DRY) == (
        """\
dry run: nothing was made

store    chroma:/srv/memory
profile  prod, the default of its group
group    acme

outcome       step
+ to be done  create collection short_term
+ to be done  save the profile
""",
        "next: the same command without `--dry-run`\n",
    )


def test_setup_that_found_everything_says_that_nothing_changed():
    found = replace(SETUP, steps=[StepTaken("save the profile", "found")])
    assert "note: all of it was there already; nothing was changed\n" in shown(found)[1]


def test_a_profile_that_is_not_the_default_is_named_in_the_next_command():
    beside = replace(SETUP, profile=replace(PROFILE, is_default=False))
    out, err = shown(beside)
    assert "profile    prod\n" in out
    assert err.endswith("  or: memctl stats --profile prod -g acme\n")


@pytest.mark.usefixtures("plain_terminal")
def test_a_long_step_is_wrapped_on_a_terminal():
    step = StepTaken(f"create the directory /{'x' * 80}", "done")
    out, _ = shown(replace(SETUP, steps=[step]), on=Terminal)
    assert f"✓ done   create the directory\n         /{'x' * 70}\n         {'x' * 10}\n" in out


def test_a_setup_that_broke_off_shows_what_there_is_and_no_next_command_of_success():
    assert shown(PROVISIONED) == (
        """\
store      databricks:https://acme.cloud.databricks.com/ml.agents
host       https://acme.cloud.databricks.com
user       ada@acme.com
method     access token
profile    prod, the default of its group
group      acme
operation  b3c0f4de-6a3e-4d53-a01b-0123456789ab

outcome   step
✓ done    create endpoint memctl_memory
✗ failed  wait for memctl_memory

resource  for     name                     state
endpoint  memory  memctl_memory            provisioning
index     entity  ml.agents.entity_memory  missing
""",
        "next: memctl history --steps\n",
    )


def test_a_plan_tells_of_the_bill_and_one_that_was_carried_out_does_not():
    plan = replace(PROVISIONED, dry_run=True, operation_id=None, failure=None)
    assert "billed while it exists" in shown(plan)[1]
    assert "billed while it exists" not in shown(PROVISIONED)[1]


def test_what_was_taken_back_is_said():
    out, err = shown(SETUP_ROLLED_BACK)
    assert "↶ taken back  create endpoint memctl_memory\n" in out
    assert err == "next: memctl history --steps\n"
