"""Models behind OpenAI's embeddings API, on any server that speaks it; one request, no retry."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpx

from ..model.address.url import origin_of
from ..model.bounded import TooLarge, join_pieces, parse_json
from ..model.errors import BadAnswer, InvalidSetting
from .answers import read_answer
from .base import Embedder
from .statuses import no_answer, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from pydantic import SecretStr

    from ..model.backend.embedder import EmbedderName

_NO_PROXY: Final = {"http://": None, "https://": None}

logger = logging.getLogger(__name__)


class OpenAICompatible(Embedder):
    """A model behind ``POST {url}/embeddings``.

    Redirects are not followed, so that the key reaches no other host; a server on this machine is
    reached without the proxy that the environment may name.

    Args:
        name: its model is the server's name of it.
        url: the base URL, without a slash at its end.
        key: what the server wants, `None` if nothing.

    Raises:
        InvalidSetting: when the key would travel unencrypted, or fits in no header.
    """

    threads = 4
    attempts = 5

    def __init__(self, name: EmbedderName, url: str, key: SecretStr | None) -> None:
        super().__init__(name)
        if key is not None:
            _check_key(url, key)
        self._url = f"{url}/embeddings"
        self._key = key
        self._client = httpx.Client(
            auth=_bearer(key) if key is not None else None,
            follow_redirects=False,
            mounts=_NO_PROXY if origin_of(url).is_loopback else None,
        )

    @property
    def place(self) -> str:
        """Scheme, host and port of the server."""
        return str(origin_of(self._url))

    def embed(self, texts: Sequence[str], seconds: float) -> NDArray[np.float32]:
        """Send the texts in one request."""
        text = self._post({"model": self.name.model, "input": list(texts)}, seconds)
        try:
            body: Any = parse_json(text)
        except ValueError:
            body = None
        return read_answer(body, len(texts), f"`{self.place}`")

    def _post(self, body: dict[str, Any], seconds: float) -> str:
        """Send a request and read all of the answer, within the time limit for both."""
        began = monotonic()
        said: int | str = "no answer"
        try:
            with self._client.stream("POST", self._url, json=body, timeout=seconds) as response:
                said = response.status_code
                pieces = join_pieces(_in_time(response, began + seconds))
        except httpx.HTTPError as exc:
            said = type(exc).__name__
            raise no_answer(self.place, exc, seconds) from exc
        except TooLarge as exc:
            said = "too much"
            raise BadAnswer(f"`{self.place}` gives an answer that can't be read: {exc}") from exc
        finally:
            elapsed = (monotonic() - began) * 1000
            logger.debug("POST %s %s %.0f ms", urlsplit(self._url).path, said, elapsed)
        text = pieces.decode(errors="replace")
        if not response.is_success:
            raise refusal(response, text, self.place, self._key)
        return text

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _bearer(key: SecretStr) -> Callable[[httpx.Request], httpx.Request]:
    """Return what puts the key on each request; it is unwrapped nowhere else."""

    def put(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {key.get_secret_value()}"
        return request

    return put


def _in_time(response: httpx.Response, deadline: float) -> Iterator[bytes]:
    """Read on until the deadline: httpx's own limit is on each piece, not on the whole."""
    for piece in response.iter_bytes():
        if monotonic() > deadline:
            raise httpx.ReadTimeout("the answer comes too slowly")
        yield piece


def _check_key(url: str, key: SecretStr) -> None:
    if not origin_of(url).is_private:
        raise InvalidSetting(
            f"the key for `{origin_of(url)}` would travel unencrypted, so it is not sent",
            hint="give the server's https:// address with `--embedder-url`, or unset the key",
        )
    value = key.get_secret_value()
    if not (value.isascii() and value.isprintable() and value == value.strip()):
        raise InvalidSetting(
            "the embedder's key holds characters that no HTTP header can carry",
            hint="set it again, without line breaks and spaces around it",
        )
