from __future__ import annotations

from ...workspace import sandbox  # noqa: F401 - a fixture
