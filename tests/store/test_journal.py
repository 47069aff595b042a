from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from memctl.model.journal import Operation, Outcome, StepEntry
from memctl.store.database import open_state
from memctl.store.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path


def test_an_operation_is_told_with_its_steps_in_order(journal: Journal):
    before = datetime.now(UTC)
    operation_id = journal.begin_operation("migrate", "acme", "archive:./a -> chroma:./b")
    for name, outcome in (("copy", Outcome.DONE), ("find", Outcome.FOUND)):
        position = journal.begin_step(operation_id, name)
        journal.end_step(operation_id, position, outcome, "as planned")
    journal.end_operation(operation_id, Outcome.FAILED, "no space left")

    (told,) = journal.operations(10)
    copy, find = told.steps
    assert told == Operation(
        id=operation_id,
        command="migrate",
        group_id="acme",
        subject="archive:./a -> chroma:./b",
        outcome=Outcome.FAILED,
        detail="no space left",
        started_at=told.started_at,
        finished_at=told.finished_at,
        steps=(
            StepEntry(1, "copy", Outcome.DONE, "as planned", copy.started_at, copy.finished_at),
            StepEntry(2, "find", Outcome.FOUND, "as planned", find.started_at, find.finished_at),
        ),
    )
    times = (
        told.started_at,
        copy.started_at,
        copy.finished_at,
        find.started_at,
        find.finished_at,
        told.finished_at,
    )
    assert sorted(time for time in times if time) == list(times)
    assert before <= told.started_at
    assert told.started_at.tzinfo is UTC


def test_an_intention_is_on_the_disk_before_the_act(home: Path, journal: Journal):
    operation_id = journal.begin_operation("clear", "acme", "chroma:./memory")
    journal.begin_step(operation_id, "delete 5 records")

    with closing(sqlite3.connect(f"{(home / 'state.db').as_uri()}?mode=ro", uri=True)) as other:
        assert other.execute("SELECT name, outcome, finished_at FROM steps").fetchall() == [
            ("delete 5 records", "started", None)
        ]


def test_what_is_not_ended_is_told_as_started(journal: Journal):
    operation_id = journal.begin_operation("clear", None, "chroma:./memory")
    journal.begin_step(operation_id, "delete 5 records")

    (told,) = journal.operations(10)

    assert (told.outcome, told.detail, told.finished_at) == (Outcome.STARTED, None, None)
    assert told.group_id is None
    assert told.steps[0].outcome is Outcome.STARTED
    assert told.steps[0].finished_at is None


def test_a_step_that_is_undone_ends_twice(journal: Journal):
    operation_id = journal.begin_operation("setup chroma", "acme", "chroma:./memory")
    position = journal.begin_step(operation_id, "create")
    journal.end_step(operation_id, position, Outcome.DONE)

    journal.end_step(operation_id, position, Outcome.UNDONE)

    assert [each.outcome for each in journal.operations(1)[0].steps] == [Outcome.UNDONE]


def test_operations_come_newest_first_and_no_more_than_asked_for(journal: Journal):
    for index in range(5):
        journal.begin_operation("test", "acme", f"run {index}")

    assert [each.subject for each in journal.operations(3)] == ["run 4", "run 3", "run 2"]
    assert journal.operations(0) == []
    assert len(journal.operations(100)) == 5


def test_operations_of_one_group_leave_out_those_of_others_and_of_none(journal: Journal):
    for group in ("acme", None, "other", "acme"):
        journal.begin_operation("test", group, "run")

    assert [each.group_id for each in journal.operations(10, "acme")] == ["acme", "acme"]
    assert [each.group_id for each in journal.operations(1, "other")] == ["other"]
    assert journal.operations(10, "nobody") == []
    assert len(journal.operations(10)) == 4


def test_planned_operations_are_those_that_a_later_run_can_go_on_with(journal: Journal):
    plan = {"profile": "prod", "nested": {"types": ["entity"], "dimension": 1024}}
    first = journal.begin_operation("setup", "acme", "a", plan)
    second = journal.begin_operation("setup", "acme", "a", {})
    journal.begin_operation("setup", "acme", "a")
    journal.begin_operation("setup", "other", "a", plan)
    journal.begin_operation("clear", "acme", "a", plan)

    found = journal.planned("setup", "acme")

    assert [(each.id, each.plan) for each in found] == [(second, {}), (first, plan)]


def test_an_operation_that_goes_on_has_not_ended(journal: Journal):
    operation_id = journal.begin_operation("setup", "acme", "a", {})
    journal.begin_step(operation_id, "one")
    journal.end_operation(operation_id, Outcome.FAILED, "unreachable")

    journal.resume_operation(operation_id)

    (found,) = journal.planned("setup", "acme")
    assert (found.outcome, found.detail, found.finished_at) == ("started", None, None)
    assert journal.begin_step(operation_id, "two") == 2


def test_two_operations_number_their_steps_apart(journal: Journal):
    first = journal.begin_operation("test", "acme", "first")
    second = journal.begin_operation("test", "acme", "second")

    assert [journal.begin_step(each, "act") for each in (first, second, first)] == [1, 1, 2]


def test_what_was_never_begun_cannot_be_ended(journal: Journal):
    operation_id = journal.begin_operation("test", "acme", "run")

    with pytest.raises(LookupError):
        journal.begin_step("nobody", "act")
    with pytest.raises(LookupError):
        journal.end_operation("nobody", Outcome.DONE)
    with pytest.raises(LookupError):
        journal.end_step(operation_id, 1, Outcome.DONE)


@pytest.mark.parametrize(
    "subject",
    [
        "chroma:/srv/me@corp/db -> archive:/srv/me@corp/out",
        "chroma:/data/run#1/db",
        "`https://w.example` does not permit this on index `ml.a.x`: user bob@corp.example may not",
    ],
)
def test_what_is_no_login_is_journaled_as_it_is(journal: Journal, subject: str):
    operation_id = journal.begin_operation("migrate", "acme", subject)
    position = journal.begin_step(operation_id, subject)
    journal.end_step(operation_id, position, Outcome.FAILED, subject)

    (found,) = journal.operations(1)

    assert found.subject == found.steps[0].name == found.steps[0].detail == subject


@pytest.mark.parametrize("subject", ["", "日本語 'quoted'", "two\nlines", "caf\udce9"])
def test_any_subject_can_be_journaled_and_found(journal: Journal, subject: str):
    operation_id = journal.begin_operation("migrate", "acme", subject)
    position = journal.begin_step(operation_id, subject)
    journal.end_step(operation_id, position, Outcome.FAILED, subject)

    (found,) = journal.operations(1)

    assert found.id == operation_id
    assert found.subject == found.steps[0].name == found.steps[0].detail
    assert found.subject.isprintable() or found.subject == "two\nlines"


@pytest.mark.usefixtures("used_home")
def test_the_journal_outlives_the_process():
    with open_state() as state:
        assert [each.command for each in Journal(state).operations(10)] == ["setup chroma"]
