from __future__ import annotations

import pytest

from ..embedding_server import embedding_server


@pytest.fixture
def server():
    """A server of the test's own."""
    with embedding_server() as serving:
        yield serving
