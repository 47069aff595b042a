"""What one side of a copy repeats of the other side's secrets reaches nobody."""

from __future__ import annotations

import pytest

from memctl.core.migrate.run import MigrateOrder, migrate_memory
from memctl.core.selection import StoreRequest
from memctl.core.transfer.steps import CopyType
from memctl.model.errors import RequestRefused
from memctl.testing.records import make_records

from ..conftest import make_store

SECRET = "dapi-PLANTED-0123456789"  # noqa: S105 - a canary


def test_the_journal_of_a_copy_tells_no_secret_of_its_source(home, tmp_path, monkeypatch):
    source = StoreRequest(at=f"archive:{make_store('archive', tmp_path / 'a', make_records(3))}")
    source.connecting.redactor.add(SECRET)

    def refuse(_):
        raise RequestRefused(f"the source said: Bearer {SECRET}", hint="none", status=400)

    monkeypatch.setattr(CopyType, "do", refuse)
    with pytest.raises(RequestRefused) as error:
        migrate_memory(MigrateOrder(source, StoreRequest(at=f"chroma:{tmp_path}/b")))

    assert SECRET not in str(error.value)
    kept = b"".join(each.read_bytes() for each in home.rglob("*") if each.is_file())
    assert b"the source said: Bearer" in kept
    assert SECRET.encode() not in kept
