"""The laws of setting a place up, and of taking that back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.selector import Selector
from .records import make_records
from .suite import Suite, assert_same, scan_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..backends.base import MemoryBackend
    from ..model.step import Step


def take(steps: Sequence[Step], most: int | None = None) -> list[Step]:
    """Do the steps that find nothing, or as many of them, and return those that were done."""
    done: list[Step] = []
    for step in steps:
        if len(done) == most:
            break
        if not step.find():
            step.do()
            done.append(step)
    return done


class SetupLaws(Suite):
    """A setup makes what is missing once, and takes back just what it made."""

    def test_a_setup_that_breaks_off_anywhere_and_is_undone_leaves_nothing(
        self, new_place: MemoryBackend
    ) -> None:
        types = self.types_of(new_place)
        before = self.traces(new_place)

        for most in range(1, len(self.setup_steps(new_place, types)) + 1):
            for step in reversed(take(self.setup_steps(new_place, types), most)):
                step.undo()
            assert self.traces(new_place) == before

    def test_a_setup_undone_leaves_what_was_there_before_it(self, new_place: MemoryBackend) -> None:
        first, *_ = types = self.types_of(new_place)
        written = make_records(3, type=first)
        take(self.setup_steps(new_place, [first]))
        place = self.as_written(new_place)
        assert place.upsert(first, written).failed == {}
        before = self.traces(new_place)

        for step in reversed(take(self.setup_steps(new_place, types))):
            step.undo()

        assert self.traces(new_place) == before
        meant = Selector(types=frozenset({first}))
        assert_same(written, scan_all(self.reread(place), meant))

    def test_a_setup_finds_all_that_an_earlier_one_made(self, backend: MemoryBackend) -> None:
        steps = self.setup_steps(backend, self.types_of(backend))

        assert [step.name for step in steps if not step.find()] == []
