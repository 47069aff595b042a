from __future__ import annotations

from dataclasses import replace

import pytest

from memctl.model.results import ConfigChangeResult, ConfigListResult, ConfigShowResult

from ..samples import CONFIG_CHANGE, CONFIG_LIST, CONFIG_SHOW, CONFIG_WHICH, PROFILE
from ..streams import shown


def test_config_list_in_full():
    assert shown(CONFIG_LIST) == (
        """\
profile  backend  state
prod     chroma   active, default
old      archive  inactive
""",
        "",
    )


def test_a_group_without_profiles_says_what_comes_next():
    assert shown(ConfigListResult("acme", [])) == (
        "",
        "note: group `acme` has no profile\nnext: memctl setup chroma -g acme\n",
    )


def test_config_show_in_full():
    assert shown(CONFIG_SHOW) == (
        """\
profile      prod
group        acme
backend      chroma
state        active, default
description  what the support crew knows
types        short_term on, long_term on, entity off
created      2026-03-04 12:00:05 UTC
updated      2026-03-05 12:00:05 UTC

setting  value                from
path     /srv/memory          profile
map      {"facts": "entity"}  profile
metric   cosine               default
""",
        "",
    )


def test_a_profile_without_settings_has_no_table_of_them():
    out, _ = shown(ConfigShowResult(replace(PROFILE, settings={}, description=""), {}, {}))
    assert "setting" not in out
    assert "description" not in out


@pytest.mark.parametrize(
    ("change", "out", "err"),
    [
        (
            CONFIG_CHANGE,
            (
                "✓ created profile `prod` of group `acme`, backend `chroma`\n"
                "  it is the default of group `acme`\n"
            ),
            "next: memctl verify -g acme\n",
        ),
        (
            ConfigChangeResult("updated", replace(PROFILE, is_default=False)),
            "✓ updated profile `prod` of group `acme`, backend `chroma`\n",
            "next: memctl verify --profile prod -g acme\n",
        ),
        (
            ConfigChangeResult("deleted", PROFILE, promoted="old"),
            (
                "✓ deleted profile `prod` of group `acme`; the memory that it names stays\n"
                "  profile `old` is the default now\n"
            ),
            "next: memctl config list -g acme\n",
        ),
        (
            ConfigChangeResult("set_default", PROFILE),
            "✓ profile `prod` of group `acme` is the default now\n",
            "next: memctl verify -g acme\n",
        ),
        (
            ConfigChangeResult("disabled", PROFILE, switched_off=["old", "prod"]),
            "✓ group `acme` is disabled: its profiles stay, inactive\n  switched off: old, prod\n",
            "next: memctl config list -g acme\n",
        ),
    ],
    ids=["created", "updated", "deleted", "set_default", "disabled"],
)
def test_every_change_says_what_changed_and_what_comes_next(change, out, err):
    assert shown(change) == (out, err)


def test_config_which_in_full():
    assert shown(CONFIG_WHICH) == (
        """\
group    acme
profile  prod of group acme
store    chroma:/srv/memory
why      it is the latest active profile of group `acme`

the rules, in their order
  1. no profile was named
  2. group `acme` has no default profile
  3. it is the latest active profile of group `acme` ← in force
""",
        "",
    )


def test_config_which_without_rules_before_it_lists_none():
    out, _ = shown(replace(CONFIG_WHICH, considered=[], profile=None, profile_group=None))
    assert "rules" not in out
    assert "profile  -\n" in out
