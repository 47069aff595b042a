"""The line that `-vv` shows of each request to another machine; never a header or a body."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from datetime import timedelta

logger = logging.getLogger(__name__)


def log_request(method: str, url: str, status: int | str, elapsed: timedelta) -> None:
    """Log a request: method, path without its query, status or what went wrong, milliseconds."""
    path = urlsplit(url).path
    logger.debug("%s %s %s %.0f ms", method, path, status, elapsed.total_seconds() * 1000)
