from __future__ import annotations

import pytest

from memctl.model.journal import Checkpoint
from memctl.model.memory_type import MemoryType
from memctl.store.checkpoints import Checkpoints
from memctl.store.database import open_state

ENTITY, SHORT_TERM = MemoryType.ENTITY, MemoryType.SHORT_TERM


def test_a_copy_that_never_began_has_no_checkpoint(checkpoints: Checkpoints):
    assert checkpoints.get("key", ENTITY) == []


@pytest.mark.parametrize("cursor", [None, "", "last-id", "ключ 'x'", "c" * 100_000])
def test_a_checkpoint_is_read_back_as_it_was_saved(checkpoints: Checkpoints, cursor: str | None):
    checkpoints.save("key", ENTITY, [Checkpoint(0, cursor, cursor, 2**40)])

    with open_state() as state:
        found = Checkpoints(state).get("key", ENTITY)

    assert found == [Checkpoint(0, cursor, cursor, 2**40, complete=False)]


def test_parts_come_back_in_their_order(checkpoints: Checkpoints):
    parts = [Checkpoint(number, str(number + 1), str(number)) for number in range(12)]

    checkpoints.save("key", ENTITY, reversed(parts))

    assert checkpoints.get("key", ENTITY) == parts


def test_saving_a_part_again_replaces_it_and_no_other(checkpoints: Checkpoints):
    checkpoints.save("key", ENTITY, [Checkpoint(0, "b", "a", 1), Checkpoint(1, None, "b")])
    reached = Checkpoint(0, "b", "b", 2, complete=True)
    checkpoints.save("key", ENTITY, [reached])

    assert checkpoints.get("key", ENTITY) == [reached, Checkpoint(1, None, "b")]


def test_saving_no_part_changes_nothing(checkpoints: Checkpoints):
    checkpoints.save("key", ENTITY, [])

    assert checkpoints.get("key", ENTITY) == []


def test_copies_and_memory_types_keep_apart(checkpoints: Checkpoints):
    checkpoints.save("one", ENTITY, [Checkpoint(0, None, "a", 1)])
    checkpoints.save("one", SHORT_TERM, [Checkpoint(0, None, "b", 2)])
    checkpoints.save("two", ENTITY, [Checkpoint(0, None, "c", 3)])

    checkpoints.clear("one")

    assert checkpoints.get("one", ENTITY) == []
    assert checkpoints.get("one", SHORT_TERM) == []
    assert checkpoints.get("two", ENTITY) == [Checkpoint(0, None, "c", 3)]


def test_clearing_what_is_not_there_is_fine(checkpoints: Checkpoints):
    checkpoints.clear("key")

    assert checkpoints.get("key", ENTITY) == []
