from __future__ import annotations

from dataclasses import replace

import pytest

from memctl.model.backend.check import Check, CheckStatus
from memctl.model.results import VerifiedStore, VerifyResult

from ..samples import CHECKS, USED, VERIFY
from ..streams import Terminal, ascii_stream, shown


def of_checks(*checks):
    return VerifyResult([VerifiedStore(**USED, checks=list(checks))], list(checks))


def test_what_is_fine_is_named_and_the_rest_told():
    assert shown(VERIFY) == (
        """\
store    chroma:/srv/memory
profile  prod, the default of its group

check         collection  status     found                  expected
schema level              ! warning  10                     11
index         short_term  ✗ problem  12,300 of 12,345 rows  every row

✓ fine  reachable

hint: schema level: run `memctl verify --probe --upgrade-store`
hint: index: restore it from a backup

3 checks: ✓ 1 ok, ! 1 warning, ✗ 1 problem
""",
        "",
    )


def test_a_store_without_a_fault_needs_one_line():
    out, _ = shown(of_checks(CHECKS[0], replace(CHECKS[0], collection="a")))
    assert out.splitlines()[3:] == ["✓ fine  reachable", "", "2 checks: ✓ 2 ok"]


def test_verify_in_full():
    assert shown(VERIFY, is_whole=True) == (
        """\
store    chroma:/srv/memory
profile  prod, the default of its group

check         collection  status     found                  expected
reachable                 ✓ ok       opened                 a store
schema level              ! warning  10                     11
index         short_term  ✗ problem  12,300 of 12,345 rows  every row

hint: schema level: run `memctl verify --probe --upgrade-store`
hint: index: restore it from a backup

3 checks: ✓ 1 ok, ! 1 warning, ✗ 1 problem
""",
        "",
    )


@pytest.mark.usefixtures("plain_terminal")
def test_a_long_finding_is_wrapped_on_a_terminal_and_not_cut():
    found = "a segment directory that no collection of the database names " * 2
    checks = of_checks(replace(CHECKS[0], found=found.strip()))
    out, _ = shown(checks, on=Terminal, is_whole=True)
    assert out.splitlines()[3:7] == [
        "check      status  found                                                expected",
        "─" * 80,
        "reachable  ✓ ok    a segment directory that no collection of the        a store",
        "                   database names a segment directory that no",
    ]


def test_the_same_finding_of_several_collections_is_one_row():
    same = [replace(CHECKS[0], collection=each) for each in ("a", "b", "c")]
    other = replace(CHECKS[2], collection="a")
    out, _ = shown(of_checks(*same, other, replace(other, collection="b")), is_whole=True)
    assert (
        """\
check      collection  status     found                  expected
reachable  all 3       ✓ ok       opened                 a store
index      a, b        ✗ problem  12,300 of 12,345 rows  every row
"""
        in out
    )
    assert out.endswith("5 checks: ✓ 3 ok, ✗ 2 problems\n")


def test_the_same_hint_is_given_once():
    out, _ = shown(of_checks(CHECKS[2], replace(CHECKS[2], collection="b", found="nothing")))
    assert out.count("hint: index: restore it from a backup\n") == 1


def test_a_hint_of_what_is_fine_is_not_given():
    out, _ = shown(of_checks(Check("x", CheckStatus.OK, "a", "a", "do nothing")))
    assert "hint" not in out


def test_several_stores_have_a_table_each_and_one_sum():
    other = VerifiedStore(**{**USED, "profile": "old", "selected_by": "profile"}, checks=CHECKS[:1])
    out, _ = shown(VerifyResult([*VERIFY.stores, other], [*CHECKS, *CHECKS[:1]]))
    assert (
        """
store    chroma:/srv/memory
profile  old, as it was named

✓ fine  reachable

2 stores, 4 checks: ✓ 2 ok, ! 1 warning, ✗ 1 problem
"""
        in out
    )


def test_no_store_to_verify_is_a_note():
    assert shown(VerifyResult([], [])) == ("", "note: no active profile to check\n")


def test_the_status_is_a_word_without_any_sign_on_ascii():
    out, _ = shown(VERIFY, on=ascii_stream)
    assert "index         short_term  problem  12,300 of 12,345 rows  every row\n" in out


def test_the_status_has_a_colour_and_still_its_word(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    out, _ = shown(VERIFY, is_whole=True)
    assert "\x1b[32m✓ ok\x1b[0m" in out
    assert "\x1b[1;31m✗ problem\x1b[0m" in out
