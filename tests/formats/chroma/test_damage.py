from __future__ import annotations

import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memctl.model.errors import MemctlError

from .stores import read_all, vector_directory


@pytest.fixture(scope="module", params=["0.5-below", "1.5-below"])
def pristine(request, stores, tmp_path_factory):
    """A store and a copy of it, of which one file at a time is damaged."""
    path = stores(request.param)
    copy = tmp_path_factory.mktemp("damaged") / "store"
    shutil.copytree(path, copy)
    return path, copy


def damage(data, path, copy, name):
    content = bytearray((path / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    (copy / name).write_bytes(content)


def read_or_refuse(path, copy, name):
    """Any bytes end in rows or in an error that memctl can name."""
    try:
        read_all(copy)
    except MemctlError as exc:
        assert exc.message  # noqa: PT017 - either outcome is right
    finally:
        shutil.copyfile(path / name, copy / name)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_sqlite_file_is_read_or_refused_by_name(pristine, data):
    damage(data, *pristine, "chroma.sqlite3")

    read_or_refuse(*pristine, "chroma.sqlite3")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_index_is_read_or_refused_by_name(pristine, data):
    path, _ = pristine
    file = data.draw(
        st.sampled_from(["header.bin", "data_level0.bin", "length.bin", "index_metadata.pickle"])
    )
    name = f"{vector_directory(path, 'churn_cosine').name}/{file}"
    damage(data, *pristine, name)

    read_or_refuse(*pristine, name)
