from __future__ import annotations

import pickle
import subprocess
import sys
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memctl.formats.chroma import open_store
from memctl.formats.chroma.index.labels import read_labels
from memctl.model.errors import DamagedStore

from .stores import by_name, change, copy_store, read_rows, vector_directory

MODULE = "chromadb.segment.impl.vector.local_persistent_hnsw"


@pytest.fixture
def persistent_data(monkeypatch):
    """The class that chromadb 0.5 pickles, in a module of its name."""
    module = ModuleType(MODULE)
    module.PersistentData = type("PersistentData", (), {"__module__": MODULE})
    monkeypatch.setitem(sys.modules, MODULE, module)
    return module.PersistentData


def as_object(cls, **fields):
    made = cls()
    made.__dict__.update(
        {"dimensionality": 4, "total_elements_added": 2, "id_to_seq_id": {}} | fields
    )
    return made


def read(tmp_path, content):
    path = tmp_path / "index_metadata.pickle"
    path.write_bytes(content)
    return read_labels(path)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_an_object_of_chromadb_0_5_is_read_in_every_protocol(tmp_path, persistent_data, protocol):
    labels = {f"id {number} \u00fc": number for number in [*range(300), 70_000, 2**31, 2**40]}
    names = {label: name for name, label in labels.items()}
    made = as_object(persistent_data, id_to_label=labels, label_to_id=names)

    found = read(tmp_path, pickle.dumps(made, protocol))

    assert found.labels == labels
    assert found.dimension == 4
    assert found.max_seq_id is None


@pytest.mark.parametrize("protocol", [3, 5])
def test_a_plain_dict_as_chromadb_1_writes_it_is_read(tmp_path, protocol):
    state = {
        "dimensionality": None,
        "total_elements_added": 2,
        "max_seq_id": 17,
        "id_to_label": {"a": 1, "x" * 300: 2},
        "label_to_id": {1: "a", 2: "x" * 300},
        "id_to_seq_id": {},
    }

    found = read(tmp_path, pickle.dumps(state, protocol))

    assert found.labels == {"a": 1, "x" * 300: 2}
    assert found.max_seq_id == 17


def test_a_record_that_is_called_like_a_field_has_its_label(tmp_path):
    labels = {"label_to_id": 1, "id_to_seq_id": 2, "id_to_label": 3}
    state = {"dimensionality": 1, "id_to_label": labels, "label_to_id": {}}

    assert read(tmp_path, pickle.dumps(state, 3)).labels == labels


def test_a_pickle_of_another_class_is_damaged(tmp_path):
    with pytest.raises(DamagedStore, match=r"it names the class `collections\.OrderedDict`"):
        read(tmp_path, pickle.dumps({"id_to_label": __import__("collections").OrderedDict(a=1)}))


def test_a_pickle_that_would_run_a_command_is_damaged_and_runs_nothing(tmp_path):
    class Command:
        def __reduce__(self):
            return subprocess.call, (["touch", str(tmp_path / "ran")],)

    for protocol in (0, 2, 4, 5):
        with pytest.raises(DamagedStore):
            read(tmp_path, pickle.dumps({"id_to_label": {"a": Command()}}, protocol))

    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b".",
        b"N.",
        b"\x80\x04}.",
        b"not a pickle",
        b"\x80\x02Nr\xff\xff\xff\x05.",  # a memo slot for which Python takes a gigabyte
        b"\x80\x02X\xff\xff\xff\x7f.",  # a text of two gigabytes
        b"\x80\x02\x8a\xff" + b"\xff" * 255 + b".",  # a number of 255 bytes
        b"\x80\x02Pid\n.",  # a persistent id
        b"\x80\x04\x8cUbad",
        b"\x80\x02}(X\x01\x00\x00\x00aK\x01",  # cut short
        b"\x80\x02(u.",
        b"\x80\x02u.",
        b"\x80\x02)\x81.",
        b"\x80\x02h\x05.",
    ],
)
def test_bytes_that_chromadb_does_not_write_are_damaged(tmp_path, content):
    with pytest.raises(DamagedStore, match="not a label map as chromadb writes it"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "labels", [{"a": "b"}, {1: 1}, {"a": -1}, {"a": True}, {"a": None}, None, {"a": {}}]
)
def test_labels_that_are_no_whole_numbers_are_damaged(tmp_path, labels):
    state = {"dimensionality": 1, "id_to_label": labels}

    with pytest.raises(DamagedStore):
        read(tmp_path, pickle.dumps(state, 3))


def test_a_dimension_that_is_no_whole_number_is_damaged(tmp_path):
    with pytest.raises(DamagedStore):
        read(tmp_path, pickle.dumps({"dimensionality": "4", "id_to_label": {}}, 3))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_label_map_is_read_or_damaged_and_never_anything_else(stores, tmp_path, data):
    name = data.draw(st.sampled_from(["0.5-below", "1.5-below"]))
    directory = vector_directory(stores(name), "churn_l2")
    content = bytearray((directory / "index_metadata.pickle").read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    try:
        read(tmp_path, bytes(content[: data.draw(st.integers(1, len(content)))]))
    except DamagedStore as exc:
        assert "index_metadata.pickle" in exc.message  # noqa: PT017 - either outcome is right


def test_the_mark_of_an_old_label_map_counts_where_the_table_has_none(
    stores, tmp_path, persistent_data
):
    path = copy_store(stores("0.5-past"), tmp_path)
    directory = vector_directory(path, "by_l2")
    with open_store(path) as store:
        before = read_rows(store, by_name(store, "by_l2"))
        collection = by_name(store, "by_l2")
        pending = store.inspect_collection(collection).pending_vectors
        mark = (
            int(
                store._database.rows(
                    "SELECT MAX(seq_id) FROM embeddings_queue WHERE topic LIKE ?",
                    (collection.topic_pattern,),
                )[0][0]
            )
            - pending
        )
    labels = read_labels(directory / "index_metadata.pickle").labels
    made = as_object(persistent_data, id_to_label=labels, label_to_id={}, max_seq_id=mark)
    (directory / "index_metadata.pickle").write_bytes(pickle.dumps(made))
    change(path, "DELETE FROM max_seq_id WHERE segment_id = ?", directory.name)

    with open_store(path) as store:
        after = read_rows(store, by_name(store, "by_l2"))
        assert store.inspect_collection(collection).pending_vectors == pending

    assert before.keys() == after.keys()
    assert all((before[key][2] == after[key][2]).all() for key in before)
