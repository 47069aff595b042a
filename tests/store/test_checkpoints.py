from __future__ import annotations

import pytest

from memctl.model.journal import Checkpoint
from memctl.model.memory_type import MemoryType
from memctl.store.checkpoints import Checkpoints
from memctl.store.database import open_state


def test_a_copy_that_never_began_has_no_checkpoint(checkpoints: Checkpoints):
    assert checkpoints.get("key", MemoryType.ENTITY) is None


@pytest.mark.parametrize("cursor", [None, "", "last-id", "ключ 'x'", "c" * 100_000])
def test_a_checkpoint_is_read_back_as_it_was_saved(checkpoints: Checkpoints, cursor: str | None):
    checkpoints.save("key", MemoryType.ENTITY, cursor, 2**40, complete=False)

    with open_state() as state:
        found = Checkpoints(state).get("key", MemoryType.ENTITY)

    assert found == Checkpoint(cursor, 2**40, complete=False)


def test_saving_again_replaces_the_checkpoint(checkpoints: Checkpoints):
    checkpoints.save("key", MemoryType.ENTITY, "a", 1, complete=False)
    checkpoints.save("key", MemoryType.ENTITY, None, 2, complete=True)

    assert checkpoints.get("key", MemoryType.ENTITY) == Checkpoint(None, 2, complete=True)


def test_copies_and_memory_types_keep_apart(checkpoints: Checkpoints):
    checkpoints.save("one", MemoryType.ENTITY, "a", 1, complete=False)
    checkpoints.save("one", MemoryType.SHORT_TERM, "b", 2, complete=False)
    checkpoints.save("two", MemoryType.ENTITY, "c", 3, complete=False)

    checkpoints.clear("one")

    assert checkpoints.get("one", MemoryType.ENTITY) is None
    assert checkpoints.get("one", MemoryType.SHORT_TERM) is None
    assert checkpoints.get("two", MemoryType.ENTITY) == Checkpoint("c", 3, complete=False)


def test_clearing_what_is_not_there_is_fine(checkpoints: Checkpoints):
    checkpoints.clear("key")

    assert checkpoints.get("key", MemoryType.ENTITY) is None
