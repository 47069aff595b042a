from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field

import pytest

from memctl.core.operations.history import read_history
from memctl.core.operations.operation import plan, planned_operations, run_operation
from memctl.model.errors import NotPermitted, SidesDiffer


@dataclass
class Act:
    """A step that writes down what is asked of it."""

    name: str
    said: list[str] = field(default_factory=list)
    is_there: bool = False
    failing: BaseException | None = None
    undo_failing: BaseException | None = None

    def find(self) -> bool:
        self.said.append(f"find {self.name}")
        return self.is_there

    def do(self) -> None:
        self.said.append(f"do {self.name}")
        if self.failing:
            raise self.failing

    def undo(self) -> None:
        self.said.append(f"undo {self.name}")
        if self.undo_failing:
            raise self.undo_failing


def last():
    return read_history().operations[0]


def outcomes() -> dict[str, str]:
    return {step.name: step.outcome for step in last().steps}


def test_the_intention_is_journaled_before_the_act_and_the_outcome_after_it():
    class Looking(Act):
        def do(self) -> None:
            super().do()
            operation = last()
            self.said.append((operation.outcome, operation.steps[-1].outcome))

    step = Looking("look")
    with run_operation("test", "acme", "a subject") as operation:
        operation.take(step)

    assert step.said == ["find look", "do look", ("started", "started")]
    done = last()
    assert (done.command, done.group_id, done.subject) == ("test", "acme", "a subject")
    assert (done.outcome, done.steps[0].outcome) == ("done", "done")
    assert done.finished_at >= done.steps[0].finished_at >= done.started_at


def test_what_is_there_is_found_and_not_done():
    step = Act("make", is_there=True)
    with run_operation("test", None, "x") as operation:
        taken = operation.take(step)

    assert step.said == ["find make"]
    assert (taken.outcome, outcomes()) == ("found", {"make": "found"})


def test_steps_are_journaled_in_their_order():
    with run_operation("test", None, "x") as operation:
        for name in "abc":
            operation.take(Act(name))

    assert [(step.position, step.name) for step in last().steps] == [(1, "a"), (2, "b"), (3, "c")]
    assert [each.name for each in operation.taken] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (NotPermitted("no"), "no"),
        (ValueError("a secret"), "ValueError"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_a_failing_step_fails_the_operation_and_is_raised(error, detail):
    with pytest.raises(type(error)):
        take_all([Act("one"), Act("two", failing=error)])

    assert (last().outcome, last().detail) == ("failed", detail)
    assert outcomes() == {"one": "done", "two": "failed"}
    assert last().steps[1].detail == detail


def test_an_answer_that_is_no_fails_the_operation_though_its_work_was_done():
    with run_operation("test", None, "x") as operation:
        operation.take(Act("one"))
        operation.failure = SidesDiffer("they differ")

    assert (last().outcome, last().detail) == ("failed", "they differ")
    assert outcomes() == {"one": "done"}


def take_all(steps: list[Act]) -> None:
    with run_operation("test", None, "x") as operation:
        for step in steps:
            operation.take(step)


def take_all_or_none(steps: list[Act]) -> None:
    with run_operation("test", None, "x") as operation:
        try:
            for step in steps:
                operation.take(step)
        except NotPermitted:
            operation.roll_back()
            raise


def test_a_rollback_undoes_last_first_what_the_run_did_itself():
    said: list[str] = []
    steps = [
        Act("one", said),
        Act("there", said, is_there=True),
        Act("two", said),
        Act("three", said, failing=NotPermitted("no")),
    ]

    with pytest.raises(NotPermitted):
        take_all_or_none(steps)

    assert [each for each in said if each.startswith("undo")] == ["undo two", "undo one"]
    assert outcomes() == {"one": "undone", "there": "found", "two": "undone", "three": "failed"}


def test_what_can_not_be_undone_is_journaled_and_keeps_nothing_else_from_it():
    said: list[str] = []
    steps = [
        Act("one", said),
        Act("two", said, undo_failing=NotPermitted("not that")),
        Act("three", said, failing=NotPermitted("no")),
    ]

    with pytest.raises(NotPermitted, match=r"^no$"):
        take_all_or_none(steps)

    assert said[-2:] == ["undo two", "undo one"]
    assert outcomes() == {"one": "undone", "two": "failed", "three": "failed"}
    assert last().steps[1].detail == "not undone: not that"


def test_a_killed_run_stays_begun():
    script = (
        "import os\n"
        "from memctl.core.operations.operation import run_operation\n"
        "class Kill:\n"
        "    name = 'kill'\n"
        "    def find(self): return False\n"
        "    def do(self): os._exit(9)\n"
        "with run_operation('test', None, 'x') as operation:\n"
        "    operation.take(Kill())\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], check=False)

    assert ran.returncode == 9
    assert (last().outcome, last().finished_at) == ("started", None)
    assert outcomes() == {"kill": "started"}


def test_a_plan_only_looks(home):
    steps = [Act("one"), Act("two", is_there=True)]

    planned = plan(steps)

    assert [(each.name, each.outcome) for each in planned] == [("one", "planned"), ("two", "found")]
    assert [each.said for each in steps] == [["find one"], ["find two"]]
    assert list(home.iterdir()) == []


def test_the_history_is_newest_first_and_may_be_cut(home):
    for number in range(4):
        with run_operation("test", "acme" if number % 2 else None, f"run {number}"):
            pass

    assert [each.subject for each in read_history(limit=3).operations] == [
        "run 3",
        "run 2",
        "run 1",
    ]
    assert [each.subject for each in read_history(group_id="acme").operations] == ["run 3", "run 1"]


def test_a_step_that_could_not_be_looked_for_is_no_intention():
    class Blind(Act):
        def find(self):
            raise NotPermitted("not even that")

    with pytest.raises(NotPermitted):
        take_all([Act("one"), Blind("two")])

    assert (last().outcome, last().detail) == ("failed", "not even that")
    assert outcomes() == {"one": "done"}


def begin(steps: list[Act]) -> None:
    with run_operation("test", None, "x", plan={"profile": "p"}) as operation:
        for step in steps:
            operation.take(step)


def test_what_broke_off_goes_on_as_the_same_operation():
    with pytest.raises(NotPermitted):
        begin([Act("one"), Act("two", failing=NotPermitted("no"))])
    (broken,) = planned_operations("test", None)

    with run_operation("test", None, "x", resumed=broken) as operation:
        operation.take(Act("one", is_there=True))
        operation.take(Act("two"))

    (whole,) = read_history().operations
    assert (whole.id, whole.outcome, whole.plan) == (broken.id, "done", {"profile": "p"})
    assert [(each.name, each.outcome) for each in whole.steps] == [
        ("one", "done"),
        ("two", "failed"),
        ("one", "found"),
        ("two", "done"),
    ]


def test_taking_back_undoes_last_first_what_any_run_of_it_may_have_made():
    said: list[str] = []
    steps = [Act(name, said, is_there=True) for name in ("found", "done", "failed", "never")]
    with pytest.raises(NotPermitted):
        begin([Act("found", is_there=True), Act("done"), Act("failed", failing=NotPermitted("no"))])
    (broken,) = planned_operations("test", None)
    said.clear()

    with run_operation("test", None, "x", resumed=broken) as operation:
        operation.take_back(steps, broken.steps)

    assert [each for each in said if each.startswith("undo")] == ["undo failed", "undo done"]
    assert last().outcome == "undone"
    assert outcomes() == {"found": "found", "done": "undone", "failed": "undone"}


def test_what_can_not_be_taken_back_fails_the_operation_and_keeps_nothing_else_from_it():
    begin([Act("one"), Act("two")])
    (done,) = planned_operations("test", None)
    steps = [Act("one", is_there=True), Act("two", is_there=True, undo_failing=NotPermitted("no"))]

    with run_operation("test", None, "x", resumed=done) as operation:
        operation.take_back(steps, done.steps)

    assert (last().outcome, last().detail) == ("failed", "no")
    assert outcomes() == {"one": "undone", "two": "failed"}
