from __future__ import annotations

import errno

import pytest

from memctl.core.backup.staging import staged
from memctl.model.errors import DiskFull


def test_a_backup_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="broken"), staged(tmp_path / "id") as partial:  # noqa: PT012 - it fails within
        (partial / "files").mkdir(parents=True)
        raise ValueError("broken")

    assert list(tmp_path.iterdir()) == []


def test_an_earlier_backup_of_the_same_operation_is_never_removed(tmp_path):
    earlier = tmp_path / "id"
    earlier.mkdir()
    (earlier / "kept").write_text("the only copy")

    with pytest.raises(RuntimeError, match="not empty"), staged(earlier) as partial:  # noqa: PT012 - it fails within
        partial.mkdir()
        (partial / "new").touch()
        try:
            partial.rename(earlier)
        except OSError as exc:
            raise RuntimeError("not empty") from exc

    assert (earlier / "kept").read_text() == "the only copy"
    assert not partial.exists()


def test_a_full_disk_of_another_directory_keeps_its_own_words(tmp_path):
    full = DiskFull("there is no room in `/elsewhere`", hint="make room there")

    with pytest.raises(DiskFull, match="elsewhere"), staged(tmp_path / "id"):
        raise full


def test_a_full_disk_is_named(tmp_path):
    with pytest.raises(DiskFull, match="no room for a backup"), staged(tmp_path / "id"):
        raise OSError(errno.ENOSPC, "No space left on device")
