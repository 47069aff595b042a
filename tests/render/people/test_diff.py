from __future__ import annotations

from dataclasses import replace

from memctl.model.memory_type import MemoryType
from memctl.model.results import TypeDiff

from ..samples import DIFF
from ..streams import shown


def test_diff_in_full():
    assert shown(DIFF) == (
        """\
source  archive:/srv/export
target  chroma:/srv/memory (profile prod)

type        same  only in source  only in target  different
short_term   600               1               0          0
entity      1000               0              12          1
total       1600               1              12          1

difference        type        id  fields
- only in source  short_term  a
≠ different       entity      b   content, embedding
+ only in target  entity      c

and 11 more
""",
        "note: left out: 7 rows without a group; add `--include-unscoped` to compare them\n",
    )


def test_two_sides_that_are_the_same_need_no_list():
    same = replace(DIFF, types=[TypeDiff(MemoryType.ENTITY, 5)], differences=[], left_out=0)

    out, err = shown(same)

    assert out.endswith("\n✓ both sides are the same\n")
    assert err == ""


def test_records_that_could_not_be_read_have_a_column():
    damaged = replace(DIFF, types=[TypeDiff(MemoryType.ENTITY, 5, unreadable=3)], differences=[])

    assert "different  unreadable\n" in shown(damaged)[0]


def test_nothing_to_compare_is_said():
    assert shown(replace(DIFF, types=[], differences=[], left_out=0))[0].endswith(
        "\nno record to compare\n"
    )
