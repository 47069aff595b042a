from __future__ import annotations

from dataclasses import replace

import pytest

from memctl.model.results import StepTaken

from ..samples import PROFILE, SETUP, SETUP_DRY
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
