"""Models that run on this machine, as far as they can be tested where none is installed."""

from __future__ import annotations

import importlib.util
import sys

import httpx
import numpy as np
import pytest
from chromadb.utils.embedding_functions.onnx_mini_lm_l6_v2 import ONNXMiniLM_L6_V2

from memctl.embedding import Means, make_embedder
from memctl.embedding.errors import EmbedderNotInstalled, EmbedderUnusable
from memctl.model.backend.embedder import EmbedderName
from memctl.model.errors import InvalidSetting, Unreachable

MEANS = Means(read_key=lambda: None, invoke=lambda *_: {})
MINILM = EmbedderName("onnx", "all-MiniLM-L6-v2")


@pytest.fixture
def no_model(tmp_path, monkeypatch):
    """Let chromadb look for its model where none is, and have no way to fetch it."""
    monkeypatch.setattr(ONNXMiniLM_L6_V2, "DOWNLOAD_PATH", tmp_path / "models")
    monkeypatch.setattr(ONNXMiniLM_L6_V2, "MODEL_DOWNLOAD_URL", "http://127.0.0.1:9/onnx.tar.gz")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "models"


def test_an_onnx_model_that_can_not_be_fetched_is_an_error_that_says_where_it_belongs(no_model):
    with pytest.raises(Unreachable) as error:
        make_embedder(MINILM, MEANS).embed(["text"], 5)

    assert error.value.exit_code == 6
    assert str(no_model / "onnx") in error.value.message
    assert "127.0.0.1:9" in error.value.message
    assert isinstance(error.value.__cause__, httpx.HTTPError)


def test_an_onnx_model_that_is_damaged_is_an_error_that_says_what_to_delete(no_model):
    (no_model / "onnx").mkdir(parents=True)
    for name in ("config", "special_tokens_map", "tokenizer_config", "tokenizer"):
        (no_model / "onnx" / f"{name}.json").write_text("{}")
    for name in ("model.onnx", "vocab.txt"):
        (no_model / "onnx" / name).write_text("")

    with pytest.raises(EmbedderUnusable) as error:
        make_embedder(MINILM, MEANS).embed(["text"], 5)

    assert error.value.exit_code == 4
    assert "delete" in error.value.hint


def test_chromadb_has_just_one_onnx_model():
    with pytest.raises(InvalidSetting) as error:
        make_embedder(EmbedderName("onnx", "bge-small-en"), MEANS)

    assert "sentence-transformers:bge-small-en" in error.value.hint


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers", "tqdm"])
def test_a_missing_package_of_chromadbs_model_is_named_with_what_to_install(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(EmbedderNotInstalled, match=package) as error:
        make_embedder(MINILM, MEANS)

    assert error.value.exit_code == 7
    assert "pip install onnxruntime tokenizers tqdm" in error.value.hint


@pytest.mark.skipif(
    importlib.util.find_spec("sentence_transformers") is not None, reason="it is installed"
)
def test_a_missing_package_is_an_error_that_says_how_to_get_it():
    with pytest.raises(EmbedderNotInstalled) as error:
        make_embedder(EmbedderName("sentence-transformers", "all-MiniLM-L6-v2"), MEANS)

    assert error.value.exit_code == 7
    assert "pip install 'sentence-transformers>=3'" in error.value.hint


PACKAGE = """
import numpy as np

class SentenceTransformer:
    def __init__(self, name):
        if name == "none":
            raise OSError("none is not a local folder and is not a valid model identifier")

    def encode(self, sentences, show_progress_bar, convert_to_numpy):
        assert convert_to_numpy and not show_progress_bar
        return np.array([[len(each), 1.0] for each in sentences], np.float32)
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A stand-in for the package, which is too large to test with."""
    (tmp_path / "sentence_transformers.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    monkeypatch.undo()
    sys.modules.pop("sentence_transformers", None)


def test_sentence_transformers_is_asked_as_its_documentation_says(package):
    embedder = make_embedder(EmbedderName("sentence-transformers", "any"), MEANS)

    assert embedder.embed(["a", "abc"], 5).tolist() == [[1, 1], [3, 1]]
    assert embedder.place == "this machine"


def test_a_model_that_sentence_transformers_does_not_find_is_an_error(package):
    with pytest.raises(EmbedderUnusable, match="none"):
        make_embedder(EmbedderName("sentence-transformers", "none"), MEANS)


def test_a_served_model_is_asked_under_its_name():
    asked = []

    def invoke(name, body):
        asked.append((name, body))
        return {"data": [{"index": 0, "embedding": [0.5, 1.0]}]}

    embedder = make_embedder(
        EmbedderName("databricks", "databricks-gte-large-en"), Means(lambda: None, invoke)
    )

    assert embedder.embed(["text"], 5).tolist() == [[0.5, 1.0]]
    assert asked == [("databricks-gte-large-en", {"input": ["text"]})]
    assert embedder.embed(["text"], 5).dtype == np.float32
