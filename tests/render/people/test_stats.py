from __future__ import annotations

from dataclasses import replace

import pytest

from memctl.model.results import CrewStats

from ..samples import STATS
from ..streams import Terminal, ascii_stream, shown

HEADING = """\
store    chroma:/srv/memory
profile  prod, the default of its group
group    acme

"""
REST = """
not counted: collections of no memory type
collection         records  dimension
knowledge_support       44        384

oldest   2026-03-01 12:00:05 UTC
newest   2026-03-04 12:00:05 UTC
on disk  3.3 MiB
"""
EMPTY = replace(STATS, total=0, unscoped=0, types=[], collections=[], crews=[], agents=[], days=[])


def test_stats_by_type_in_full():
    out, err = shown(STATS)
    table = """\
type        records                        dimension  metric  collection
short_term     1200  ████████████████████        384  cosine  short_term
long_term         0                                -  -       -
entity          450  ███████▌ off           384, 768  l2      entities, entities-2
total          1650
"""
    assert out == HEADING + table + REST
    assert err == (
        "note: not counted: 12 rows without a group; add `--include-unscoped` to count them\n"
        "note: say the type of a collection with `--map TYPE=COLLECTION` to count it\n"
    )


@pytest.mark.parametrize(
    ("by", "table"),
    [
        (
            "crew",
            """\
crew       records
research      1500  ████████████████████
(no crew)      150  ██
total         1650
""",
        ),
        (
            "agent",
            """\
agent       crew       records
writer      research      1500  ████████████████████
(no agent)  (no crew)      150  ██
total                     1650
""",
        ),
        (
            "day",
            """\
day (UTC)   records
(no time)       150  ██
2026-03-04     1500  ████████████████████
total          1650
""",
        ),
    ],
)
def test_stats_by_something_else_in_full(by, table):
    out, _ = shown(STATS, by=by)
    assert out == HEADING + table + REST


@pytest.mark.usefixtures("plain_terminal")
def test_stats_on_a_terminal_in_full():
    out, _ = shown(replace(STATS, collections=STATS.collections[:3]), on=Terminal)
    assert (
        out
        == HEADING
        + """\
type        records                        dimension  metric  collection
────────────────────────────────────────────────────────────────────────────────
short_term    1,200  ████████████████████        384  cosine  short_term
long_term         0                                -  -       -
entity          450  ███████▌ off           384, 768  l2      entities,
                                                              entities-2
────────────────────────────────────────────────────────────────────────────────
total         1,650

oldest   2026-03-01 12:00:05 UTC
newest   2026-03-04 12:00:05 UTC
on disk  3.3 MiB
"""
    )


def test_crews_of_several_groups_are_told_apart():
    crews = [CrewStats("research", "acme", 2), CrewStats("research", None, 1)]
    out, err = shown(replace(STATS, crews=crews, total=3), by="crew")
    assert (
        """\
crew      group       records
research  acme              2  ████████████████████
research  (no group)        1  ██████████
total                       3
"""
        in out
    )
    assert "without a group" not in err


def test_bars_are_ascii_where_standard_output_is():
    out, _ = shown(STATS, on=ascii_stream, by="crew")
    assert "research      1500  ####################\n" in out
    assert "(no crew)      150  ##\n" in out


def test_a_bar_shows_the_least_of_records():
    crews = [CrewStats("many", "acme", 1_000_000), CrewStats("few", "acme", 1)]
    out, _ = shown(replace(STATS, crews=crews), by="crew")
    assert "few          1  ▏\n" in out


def test_an_empty_store_says_what_comes_next():
    out, err = shown(EMPTY)
    assert "total        0\n" in out
    assert err == "note: no record here yet\nnext: memctl migrate SOURCE prod -g acme\n"


def test_an_empty_store_at_a_location_says_what_comes_next():
    at = replace(EMPTY, profile=None, selected_by="at", location="chroma:./my store", group_id=None)
    out, err = shown(at)
    assert out.startswith("store  chroma:./my store\n\n")
    assert err.endswith("next: memctl migrate SOURCE 'chroma:./my store'\n")


def test_an_empty_shared_store_is_no_target():
    _, err = shown(replace(EMPTY, selected_by="shared_default"))
    assert err == "note: no record here yet\n"


def test_an_unknown_crew_is_told_where_the_crews_are():
    out, err = shown(replace(EMPTY, crew_id="nobody"))
    assert "crew     nobody\n" in out
    assert err == (
        "note: no record of crew `nobody` here\n"
        "next: memctl stats --by crew --profile prod -g acme\n"
    )


def test_a_store_without_profile_says_why_it_was_chosen():
    out, _ = shown(replace(STATS, profile=None, selected_by="own_memory", location="crewai:"))
    assert out.startswith("store   chroma: crewai:\nchosen  own memory\ngroup   acme\n")


def test_the_group_in_force_needs_no_flag(monkeypatch):
    monkeypatch.setenv("MEMCTL_GROUP", "acme")
    _, err = shown(EMPTY)
    assert err.endswith("next: memctl migrate SOURCE prod\n")
