from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from memctl.testing.records import DIFFICULT, make_record

from ..samples import RECORD, RECORDS
from ..streams import Terminal, shown

LONG = make_record(
    3,
    id="3f6c1a2e-0000-4000-8000-0123456789ab",
    agent_id="Senior Data Analyst",
    content="the customer asked for the invoice of March, and then once more " * 3,
)


def test_records_in_full():
    out, err = shown(RECORDS)
    assert (
        out
        == """\
id            type        crew      agent   created (UTC)        content
record-00001  short_term  research  writer  2026-01-01 01:00:00  the invoice of March\\nis late
record-00002  short_term  -         -       -                    [red]x[/red]
"""
    )
    assert err == "note: 2 of 40 records shown; `--limit N` shows more, `--jsonl` prints all\n"


@pytest.mark.usefixtures("plain_terminal")
def test_records_on_a_terminal_have_their_whole_id_and_their_content_below():
    out, _ = shown(replace(RECORDS, records=[LONG, RECORDS.records[1]]), on=Terminal)
    assert (
        out
        == """\
id                                    type        crew      agent     created
────────────────────────────────────────────────────────────────────────────────
3f6c1a2e-0000-4000-8000-0123456789ab  short_term  research  Senior …  2026-01-01
  the customer asked for the invoice of March, and then once more the customer …
record-00002                          short_term  -         -         -
  [red]x[/red]
"""
    )


def test_piped_records_are_never_cut():
    records = [LONG, *DIFFICULT.values()]
    out, _ = shown(replace(RECORDS, records=records, total=len(records)))
    lines = out.splitlines()
    assert len(lines) == 1 + len(records)
    assert lines[1].endswith(LONG.content)
    for line, record in zip(lines[1:], records, strict=True):
        assert line.startswith(record.id)
    assert "é" * 50_000 in out


def test_all_records_shown_need_no_note():
    assert shown(replace(RECORDS, total=2))[1] == ""


def test_no_record_says_what_comes_next():
    out, err = shown(replace(RECORDS, records=[], total=0))
    assert out == ""
    assert err == (
        "note: no such record in `chroma:/srv/memory`\nnext: memctl stats --profile prod\n"
    )


def test_a_record_in_full():
    out, err = shown(RECORD)
    assert (
        out
        == """\
store    chroma:/srv/memory
profile  prod, the default of its group

id          record-00001
type        short_term
collection  short_term
group       acme
crew        research
agent       writer
session     session-1
scope       -
importance  0.5
created     2026-01-01 01:00:00 UTC
embedding   4 values: 0.3456, 0.8216, 0.3304, -1.303

content
  first line
  second line

metadata
  {
    "a": {
      "b": [
        1
      ]
    }
  }
"""
    )
    assert err == ""


def test_a_long_vector_is_summed_up():
    record = replace(RECORD.record, embedding=np.arange(1536, dtype=np.float32))
    out, _ = shown(replace(RECORD, record=record))
    assert "embedding   1,536 values: 0, 1, 2, 3, ...\n" in out


def test_what_a_record_lacks_is_a_dash():
    record = replace(RECORD.record, embedding=None, created_at=None, importance=None, content="")
    out, _ = shown(replace(RECORD, record=record))
    assert "importance  -\ncreated     -\nembedding   -\n\ncontent\n  (empty)\n" in out


def test_a_line_of_content_can_not_pass_for_a_field():
    record = replace(RECORD.record, content="x\nid  forged\n\x1b[2J\u202e")
    out, _ = shown(replace(RECORD, record=record))
    assert "content\n  x\n  id  forged\n  \\x1b[2J\\u202e\n" in out


@pytest.mark.usefixtures("plain_terminal")
def test_long_content_is_wrapped_on_a_terminal_and_stays_indented():
    out, _ = shown(replace(RECORD, record=LONG), on=Terminal)
    _, _, content = out.partition("content\n")
    lines = content.partition("\n\n")[0].splitlines()
    assert all(line.startswith("  ") for line in lines)
    assert " ".join(line.strip() for line in lines) == LONG.content.strip()
