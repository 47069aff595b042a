from __future__ import annotations

from dataclasses import replace

import pytest

from memctl.model.results import HistoryResult

from ..samples import HISTORY
from ..streams import Terminal, shown


def test_history_in_full():
    out, err = shown(HISTORY)
    line = "{}  {:13}  {:5}  {:9}  {:>10}  {:41}  {}"
    assert [each.rstrip() for each in out.splitlines()] == [
        line.format(*cells).rstrip()
        for cells in (
            ["started (UTC)      ", "command", "group", "outcome", "took", "subject", "detail"],
            [
                "2026-03-04 12:00:05",
                "migrate",
                "acme",
                "✓ done",
                "1 min 15 s",
                "archive:/srv/export -> chroma:/srv/memory",
                "",
            ],
            [
                "2026-03-03 12:00:05",
                "setup chroma",
                "-",
                "✗ failed",
                "0.0 s",
                "chroma:/srv/memory",
                "can't create `/srv/memory`: permission denied",
            ],
            ["2026-03-02 12:00:05", "config delete", "acme", "… started", "-", "profile old", ""],
        )
    ]
    assert err == ""


@pytest.mark.usefixtures("plain_terminal")
def test_history_with_steps_on_a_terminal_in_full():
    out, _ = shown(HISTORY, on=Terminal, steps=True)
    assert (
        out
        == """\
started (UTC)        command        group  outcome          took
────────────────────────────────────────────────────────────────
2026-03-04 12:00:05  migrate        acme   ✓ done     1 min 15 s
  archive:/srv/export -> chroma:/srv/memory
  1. ✓ found create collection entity (0.0 s)
  2. ✓ done copy entity (1 min 0 s)
2026-03-03 12:00:05  setup chroma   -      ✗ failed        0.0 s
  chroma:/srv/memory
  can't create `/srv/memory`: permission denied
  1. ✗ failed create it: permission denied (0.0 s)
2026-03-02 12:00:05  config delete  acme   … started           -
  profile old
"""
    )


def test_a_history_without_failures_has_no_column_for_them():
    out, _ = shown(HistoryResult(HISTORY.operations[:1]))
    assert out.splitlines()[0].endswith("  subject")


def test_steps_are_left_out_unless_asked_for():
    assert "copy entity" not in shown(HISTORY)[0]


def test_an_empty_journal_is_a_note():
    expected = "note: nothing in the journal: memctl has changed nothing yet\n"
    assert shown(HistoryResult([])) == ("", expected)


def test_a_subject_is_shown_as_it_was_written_but_for_what_a_terminal_obeys():
    forged = replace(HISTORY.operations[0], subject="chroma:/a\x1b[2J[red]")
    assert "chroma:/a\\x1b[2J[red]\n" in shown(HistoryResult([forged]))[0]
