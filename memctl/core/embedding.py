"""An embedder with login, secrets, batches, retries and pace; which texts are meant, others say."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from ..backends.facets import ServesModels
from ..model.address.url import origin_of
from ..model.backend.embedder import (
    OPENAI_URL,
    EmbedderName,
    are_same_models,
    server_url,
)
from ..model.errors import (
    ConfigurationError,
    RequestRefused,
    UnsupportedOperation,
    UsageError,
)
from ..model.requests.retries import Retries
from ..model.setting import EMBEDDER_KEY
from .credentials import secret_reader

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from pydantic import SecretStr

    from ..backends.base import MemoryBackend
    from ..embedding import Embedder
    from ..model.backend.collection import Collection
    from ..model.memory_type import MemoryType
    from .connect import Connection

_PROBE: Final = "memory"
"""Tells a model's dimension, and whether it can be reached, before anything depends on it."""
_TOO_MUCH: Final = frozenset({400, 413, 422})
"""Statuses by which services refuse a request that fewer or shorter texts would pass."""


class EmbedderMissing(ConfigurationError):
    """Text is to become a vector, and nothing says by which model."""

    code = "embedder_missing"


class OtherEmbedder(ConfigurationError):
    """The store's vectors are of another model, and could not be compared with new ones."""

    code = "other_embedder"


class Embedding:
    """A model at work.

    Args:
        embedder: the model.
        timeout: seconds for one request, all of its attempts together.
    """

    def __init__(self, embedder: Embedder, timeout: float) -> None:
        self._embedder = embedder
        self._retries = Retries(timeout, attempts=embedder.attempts)

    @property
    def name(self) -> str:
        """``KIND:MODEL``."""
        return str(self._embedder.name)

    @property
    def place(self) -> str:
        """Where texts are sent, for people."""
        return self._embedder.place

    @cached_property
    def dimension(self) -> int:
        """The dimension of the model's vectors; one short text is embedded to know it."""
        return int(self._ask([_PROBE]).shape[1])

    def embed_one(self, text: str) -> NDArray[np.float32]:
        """Turn one text into a vector of shape ``(dimension,)``.

        Raises:
            MemctlError: as `embed` does.
        """
        vector: NDArray[np.float32] = self._ask([text])[0]
        return vector

    def embed(self, texts: Sequence[str]) -> Generator[NDArray[np.float32]]:
        """Turn texts into vectors, several requests at once where the model bears it.

        Yields:
            Arrays of shape ``(some, dimension)``, in the order of the texts; each as soon as it
            and all before it are there.

        Raises:
            TextRefused: when the model does not take a text even alone.
            WrongVectors: when its answer is no vectors of its dimension.
            MemctlError: when it can't be reached or used.
        """
        from .pipeline import work_in_order

        parts = split(texts, self._embedder.texts_at_once, self._embedder.characters_at_once)
        done = work_in_order(parts, self._of_dimension, self._embedder.threads)
        with closing(done):
            for _, vectors in done:
                yield vectors

    def _of_dimension(self, texts: Sequence[str]) -> NDArray[np.float32]:
        from ..embedding.errors import WrongVectors

        vectors = self._ask(texts)
        if vectors.shape[1] != self.dimension:
            raise WrongVectors(
                f"`{self.name}` gives vectors of {vectors.shape[1]} dimensions after one of "
                f"{self.dimension}",
                hint="check what answers under that name",
            )
        return vectors

    def _ask(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Ask for vectors; where that is too much at once, for each half of them."""
        import numpy as np

        from ..embedding.errors import TextRefused

        try:
            return self._retries.run(lambda seconds: self._embedder.embed(texts, seconds))
        except RequestRefused as exc:
            if exc.status not in _TOO_MUCH or texts == [_PROBE]:
                raise
            if len(texts) == 1:
                raise TextRefused(exc, texts[0]) from exc
        half = len(texts) // 2
        return np.concatenate([self._ask(texts[:half]), self._ask(texts[half:])])


def split(texts: Sequence[str], most: int, characters: int) -> Generator[list[str]]:
    """Split texts into parts of so many texts and characters; a longer text is a part alone."""
    part: list[str] = []
    length = 0
    for text in texts:
        if part and (len(part) == most or length + len(text) > characters):
            yield part
            part, length = [], 0
        part.append(text)
        length += len(text)
    if part:
        yield part


def embedder_settings(embedder: str | None, url: str | None) -> dict[str, Any]:
    """Return the settings that stand for what was given beside a profile.

    Raises:
        UsageError: when a URL is given for an embedder that has none.
    """
    if embedder is not None and url is not None and not EmbedderName.parse(embedder).takes_url:
        raise UsageError(
            f"`--embedder {embedder}` and `--embedder-url` exclude each other",
            hint="a URL belongs to an `openai:` embedder",
        )
    given = {"embedder": embedder, "embedder_url": url}
    return {name: value for name, value in given.items() if value is not None}


@contextmanager
def open_embedding(connection: Connection) -> Iterator[Embedding]:
    """Open the embedder that the settings of an open store name; nothing is sent yet.

    Raises:
        EmbedderMissing: when they name none.
        MemctlError: when it can't be used as it is named.
    """
    from ..embedding import Means, make_embedder

    settings = connection.selection.settings
    named = settings.get("embedder")
    if named is None:
        raise _missing(connection.backend)
    name = EmbedderName.parse(named)
    means = Means(
        read_key=lambda: _read_key(connection),
        invoke=lambda model, body: _serving(connection.backend, name).invoke_model(model, body),
        url=server_url(settings) or OPENAI_URL,
    )
    embedder = make_embedder(name, means)
    try:
        yield Embedding(embedder, connection.selection.connecting.timeout)
    finally:
        embedder.close()


def _serving(backend: MemoryBackend, name: EmbedderName) -> ServesModels:
    serving = backend.facet(ServesModels)
    if serving is not None:
        return serving
    raise UnsupportedOperation(
        f"no login for `{name}`: `{backend.location}` is no store of a workspace that serves it",
        hint=f"name it `openai:{name.model}` with `--embedder-url https://HOST/serving-endpoints`, "
        f"and give a token as `{EMBEDDER_KEY.environment}`",
    )


def _read_key(connection: Connection) -> SecretStr | None:
    """Read the key, bound to the embedder's own host; OpenAI's own variable is for OpenAI only."""
    found = secret_reader(connection.selection)(EMBEDDER_KEY.name)
    url = server_url(connection.selection.settings)
    if found is None and url is not None and origin_of(url) == origin_of(OPENAI_URL):
        from pydantic import SecretStr

        vendors = os.environ.get("OPENAI_API_KEY", "")
        connection.redactor.add(vendors)
        return SecretStr(vendors) if vendors else None
    return found


def _missing(backend: MemoryBackend) -> EmbedderMissing:
    known = known_embedder(backend.describe().collections) if backend.exists() else None
    said = "" if known is None else f"; the vectors at `{backend.location}` are of `{known}`"
    return EmbedderMissing(
        f"nothing says which model turns text into vectors{said}",
        hint="add `--embedder KIND:MODEL`, the model that made the store's vectors, or keep it: "
        "`memctl config update NAME --set embedder=KIND:MODEL`",
    )


def known_embedder(collections: Iterable[Collection]) -> str | None:
    """Return the model that made the vectors of collections, where all that say so agree."""
    named = {each.embedder for each in collections if each.embedder is not None}
    return named.pop() if len(named) == 1 else None


def check_embedder(backend: MemoryBackend, types: Iterable[MemoryType], name: str) -> None:
    """Refuse to compare the vectors of one model with those that a store holds of another.

    Args:
        backend: the store.
        types: of which it is asked.
        name: the model.

    Raises:
        OtherEmbedder: naming both.
    """
    described = backend.describe()
    for each in (found for memory_type in types for found in described.of_type(memory_type)):
        if each.embedder is None or are_same_models(each.embedder, name):
            continue
        if backend.rows_in(each):
            raise OtherEmbedder(
                f"collection `{each.name}` at `{backend.location}` holds vectors of "
                f"`{each.embedder}`, which can't be compared with those of `{name}`",
                hint="name that model with `--embedder`, or make every vector anew in another "
                "store with `memctl migrate --reembed-all`",
            )
