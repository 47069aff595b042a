"""Ctrl-C while a workspace does not answer."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing

from memctl.backends.databricks.info import INFO
from memctl.testing.records import make_records

from ...conftest import make_store, start_memctl
from .workspaces import API, INDEXES, row_ids

SHORT_TERM = INDEXES["short_term"]
PATIENCE = "120"
ANSWERED = 2 * INFO.writers
"""As many batches as are begun before the first is done: it is among them, and its place kept."""


def kept_places(home) -> int:
    with closing(sqlite3.connect(home / "state.db")) as state:
        return state.execute("SELECT count(cursor) FROM checkpoints").fetchone()[0]


def test_an_interrupt_ends_a_copy_whose_requests_hang(setup, workspace, memctl, tmp_path, home):
    setup("-t", "short_term")
    source = f"archive:{make_store('archive', tmp_path / 'source', make_records(60))}"
    words = ("migrate", source, "databricks", "--batch-size", "2", "--timeout", PATIENCE)
    workspace.fault(f"POST {API}/indexes/{SHORT_TERM}/upsert-data", "hang", skip=ANSWERED, times=0)

    process = start_memctl(*words, "-v")
    while "copy short_term ..." not in process.stderr.readline():
        pass
    while len(row_ids(workspace, SHORT_TERM)) < 2 * ANSWERED or not kept_places(home):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=float(PATIENCE) / 2)

    assert process.returncode == 130, errors
    assert "interrupted" in errors
    workspace.clear()
    ran = memctl(*words, "--json")
    assert ran.exit_code == 0, ran.stdout
    assert ran.data["resumed"]
    assert len(row_ids(workspace, SHORT_TERM)) == 60
