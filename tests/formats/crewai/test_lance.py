from __future__ import annotations

import shutil

import lancedb
import pyarrow as pa
import pytest

from memctl.formats.crewai.lance import read_table
from memctl.model.errors import DamagedStore, NotAStore

from .stores import UNIFIED, expected, unpack


@pytest.mark.parametrize("name", UNIFIED)
def test_a_manifest_says_what_lancedb_says(tmp_path, name):
    store = unpack(name, tmp_path)

    facts = read_table(store / "memory")

    table = lancedb.connect(str(store / "memory")).open_table("memories")
    assert facts.records == table.count_rows() == len(expected(store)["rows"])
    assert facts.dimension == table.schema.field("vector").type.list_size
    assert facts.version == table.version
    assert facts.written_at is not None


def test_deleted_rows_are_not_counted(tmp_path):
    store = unpack("1.15.30-a", tmp_path)
    table = lancedb.connect(str(store / "memory")).open_table("memories")
    table.delete("scope = '/'")

    assert read_table(store / "memory").records == 8
    table.delete("true")
    assert read_table(store / "memory").records == 0


def test_another_programs_table_is_not_one_of_crewais(tmp_path):
    lancedb.connect(str(tmp_path)).create_table("memories", pa.table({"id": ["x"]}))

    with pytest.raises(NotAStore):
        read_table(tmp_path)


@pytest.mark.parametrize("left", [0, 10, 600])
def test_a_truncated_manifest_is_damage(tmp_path, left):
    store = unpack("1.15.30-b", tmp_path)
    manifests = list((store / "memory" / "memories.lance" / "_versions").glob("*.manifest"))
    for each in manifests:
        each.write_bytes(each.read_bytes()[:left])

    with pytest.raises(DamagedStore):
        read_table(store / "memory")


@pytest.mark.parametrize("byte", range(0, 1240, 31))
def test_a_changed_byte_raises_nothing_but_errors_of_memctl(tmp_path, byte):
    store = unpack("1.15.30-b", tmp_path)
    versions = store / "memory" / "memories.lance" / "_versions"
    newest = min(versions.glob("*.manifest"), key=lambda each: int(each.stem))
    data = bytearray(newest.read_bytes())
    data[byte % len(data)] ^= 0xFF
    newest.write_bytes(data)

    try:
        assert read_table(store / "memory").version >= 0
    except (DamagedStore, NotAStore):
        return


def test_a_table_without_manifests_is_damage(tmp_path):
    store = unpack("1.15.30-b", tmp_path)
    shutil.rmtree(store / "memory" / "memories.lance" / "_versions")

    with pytest.raises(DamagedStore):
        read_table(store / "memory")
