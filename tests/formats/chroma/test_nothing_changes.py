from __future__ import annotations

import os

import pytest

from .stores import read_all, tree
from .test_open import broken_off

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def test_reading_changes_nothing(each_store):
    before = tree(each_store)

    assert read_all(each_store)
    assert tree(each_store) == before


@needs_root
@pytest.mark.parametrize("name", ["0.5-past", "1.5-past"])
def test_another_user_reads_a_read_only_directory_and_changes_nothing(name, stores, other_user):
    path = other_user.copy(stores(name))
    for each in [*path.rglob("*"), path]:
        each.chmod(0o555 if each.is_dir() else 0o444)
    before = tree(path)

    assert other_user.run(path) == "read"
    assert tree(path) == before


@needs_root
def test_another_user_reads_what_a_killed_writer_left(stores, other_user):
    path = other_user.copy(stores("1.5-below"))
    broken_off(path)
    for each in [*path.rglob("*"), path]:
        each.chmod(0o555 if each.is_dir() else 0o444)
    before = tree(path)

    assert other_user.run(path) == "read"
    assert tree(path) == before
