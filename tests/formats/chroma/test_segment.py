from __future__ import annotations

import os
import shutil
import struct

import numpy as np
import pytest

from memctl.formats.chroma import open_store
from memctl.formats.chroma.index.segment import VectorFiles, read_header
from memctl.model.errors import DamagedStore

from .stores import by_name, copy_store, read_rows, vector_directory


@pytest.fixture(params=["0.5-past", "1.5-past"])
def store_path(request, stores, tmp_path):
    return copy_store(stores(request.param), tmp_path)


@pytest.fixture
def directory(store_path):
    return vector_directory(store_path, "by_l2")


def read(path, name="by_l2", **options):
    with open_store(path) as store:
        return read_rows(store, by_name(store, name), **options)


def patch(file, at, content):
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(content)


def test_the_header_tells_where_vectors_lie(directory):
    header = read_header(directory)

    assert header.dimension == 4
    assert header.stride == 33 * 4 + 4 * 4 + 8
    assert header.count >= 1_000


def test_fewer_links_per_element_are_no_matter(store_path):
    header = read_header(vector_directory(store_path, "by_cosine"))

    assert header.vector_at == (8 * 2 + 1) * 4


@pytest.mark.parametrize("name", ["header.bin", "data_level0.bin", "index_metadata.pickle"])
def test_a_missing_file_of_a_needed_index_is_damage_and_named(store_path, directory, name):
    (directory / name).unlink()

    with pytest.raises(DamagedStore, match=f"{directory.name}/{name}` is missing"):
        read(store_path)


def test_a_missing_length_file_is_damage_in_a_cosine_collection_only(store_path, directory):
    (directory / "length.bin").unlink()
    (vector_directory(store_path, "by_cosine") / "length.bin").unlink()

    assert read(store_path)
    with pytest.raises(DamagedStore, match=r"length\.bin` is missing"):
        read(store_path, "by_cosine")


def test_a_missing_directory_of_a_needed_index_is_damage(store_path, directory):
    shutil.rmtree(directory)

    with pytest.raises(DamagedStore, match=r"index_metadata\.pickle` is missing"):
        read(store_path)


def test_without_its_index_a_collection_still_gives_texts(store_path, directory):
    shutil.rmtree(directory)

    rows = read(store_path, with_embeddings=False)

    assert len(rows) > 1_000
    assert rows["zeros"][0] == "zeros"


def test_a_missing_directory_is_no_matter_while_all_is_queued(stores, tmp_path):
    path = copy_store(stores("1.5-below"), tmp_path)
    before = read(path)
    shutil.rmtree(vector_directory(path, "by_l2"))

    after = read(path)

    assert before.keys() == after.keys()
    assert all(np.array_equal(before[key][2], after[key][2]) for key in before)


@pytest.mark.parametrize("name", ["header.bin", "data_level0.bin"])
@pytest.mark.parametrize("kept", [0, 50])
def test_a_file_cut_short_is_damage_and_named(store_path, directory, name, kept):
    file = directory / name
    file.write_bytes(file.read_bytes()[:kept])

    with pytest.raises(DamagedStore, match=name):
        read(store_path)


def test_a_length_file_cut_short_is_damage(store_path):
    file = vector_directory(store_path, "by_cosine") / "length.bin"
    file.write_bytes(file.read_bytes()[:100])

    with pytest.raises(DamagedStore, match=r"length\.bin` is damaged: it is shorter"):
        read(store_path, "by_cosine")


@pytest.mark.parametrize("field", range(7))
def test_a_header_whose_numbers_do_not_fit_is_damage(store_path, directory, field):
    at = 4 + 8 * (field - 1) if field else 0
    value = 2 if field == 2 else 2**40 + 12
    patch(
        directory / "header.bin",
        at,
        struct.pack("<Q" if field else "<i", value % 2**31 if not field else value),
    )

    with pytest.raises(DamagedStore, match=r"header\.bin"):
        read(store_path)


def test_an_index_of_another_dimension_than_the_collections_is_damage(store_path, directory):
    with pytest.raises(DamagedStore, match="its vectors have 4 numbers, the collection's have 5"):
        VectorFiles(directory, 5, is_cosine=False)


def test_a_label_that_the_data_lacks_is_damage(store_path, directory):
    header = read_header(directory)
    for slot in range(header.count):
        patch(
            directory / "data_level0.bin",
            slot * header.stride + header.label_at,
            struct.pack("<Q", 10_000 + slot),
        )

    with pytest.raises(DamagedStore, match="it lacks a vector that the label map names"):
        read(store_path)


def test_a_vector_that_is_marked_as_deleted_is_damage_if_a_row_needs_it(store_path, directory):
    header = read_header(directory)
    for slot in range(header.count):
        patch(directory / "data_level0.bin", slot * header.stride + 2, b"\x01")

    with pytest.raises(DamagedStore, match="it has deleted a vector that the label map names"):
        read(store_path)


def test_of_two_equal_labels_the_later_one_counts(directory):
    header = read_header(directory)
    data = directory / "data_level0.bin"
    first = struct.unpack_from("<Q", data.read_bytes(), header.label_at)[0]
    last = (header.count - 1) * header.stride
    patch(data, last + header.label_at, struct.pack("<Q", first))
    patch(data, last + header.vector_at, np.arange(4, dtype="<f4").tobytes())

    files = VectorFiles(directory, 4, is_cosine=False)

    assert files.read([first]).tolist() == [[0, 1, 2, 3]]


def test_a_label_map_that_is_just_being_written_is_read_once_it_is_whole(
    store_path, directory, monkeypatch
):
    file = directory / "index_metadata.pickle"
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    monkeypatch.setattr("time.sleep", lambda _: file.write_bytes(whole))

    assert len(read(store_path)) > 1_000


def test_an_empty_index_is_read(directory):
    patch(directory / "header.bin", 20, struct.pack("<Q", 0))
    (directory / "data_level0.bin").write_bytes(b"")

    assert VectorFiles(directory, 4, is_cosine=False).read([]).shape == (0, 4)


@pytest.mark.parametrize("name", ["header.bin", "data_level0.bin", "index_metadata.pickle"])
def test_a_pipe_in_place_of_a_file_of_the_index_is_damage(store_path, directory, name):
    (directory / name).unlink()
    os.mkfifo(directory / name)

    with pytest.raises(DamagedStore, match=name):
        read(store_path)
