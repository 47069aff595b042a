from __future__ import annotations

import pytest

from memctl.backends.base import Access
from memctl.backends.memory import MemoryInProcess
from memctl.core.connect import Connection
from memctl.core.selection import StoreRequest, select
from memctl.core.transfer.plan import check_sides, plan_reading
from memctl.model.errors import UsageError
from memctl.model.selector import EVERYTHING
from memctl.testing.records import make_records

from ..cli.stores import error_of
from ..conftest import fingerprint, make_store, no_secret


class WithoutLock(MemoryInProcess):
    """A store that bears several writers, and so has no lock."""

    writer_lock = None


def connected(backend):
    return Connection(backend, select(StoreRequest(at="memory:")))


def test_a_store_without_a_lock_is_not_copied_onto_itself():
    backend = WithoutLock({}, read_secret=no_secret, access=Access(writable=True))
    backend.upsert(make_records(1)[0].type, make_records(3))
    one, two = connected(backend), connected(backend)
    reading = plan_reading(one, two, EVERYTHING, None)

    with pytest.raises(UsageError, match="the same store"):
        check_sides(one, two, reading)


def test_two_stores_without_a_place_are_two():
    one, two = (WithoutLock({}, read_secret=no_secret, access=Access(writable=True)) for _ in "ab")

    assert one.identity != two.identity


@pytest.mark.parametrize("backend", ["chroma", "archive"])
@pytest.mark.parametrize("spelled", ["{}/other/../store", "{}/link", "./store", "{}/store/"])
def test_a_store_is_not_copied_onto_itself_however_its_place_is_spelled(
    memctl, tmp_path, monkeypatch, backend, spelled
):
    store = make_store(backend, tmp_path / "store", make_records(3))
    (tmp_path / "other").mkdir()
    (tmp_path / "link").symlink_to(store)
    monkeypatch.chdir(tmp_path)
    before = fingerprint(store)

    ran = memctl("migrate", f"{backend}:{store}", f"{backend}:{spelled.format(tmp_path)}", "--json")

    assert ran.exit_code == 2, ran.stdout
    assert "the same store" in error_of(ran)["message"]
    assert fingerprint(store) == before
