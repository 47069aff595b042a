"""Every route that the sandbox answers, by host."""

from __future__ import annotations

from .catalogs import CATALOGS
from .control import CONTROL
from .data import DATA, DATA_ON_INDEX_HOST
from .endpoints import ENDPOINTS
from .grants import GRANTS
from .indexes import INDEXES
from .login import LOGIN
from .permissions import PERMISSIONS
from .serving import SERVING

__all__ = ["CONTROL", "INDEX_HOST", "WORKSPACE"]

WORKSPACE = (
    *LOGIN,
    *CATALOGS,
    *GRANTS,
    *PERMISSIONS,
    *ENDPOINTS,
    *INDEXES,
    *DATA,
    *SERVING,
)
INDEX_HOST = DATA_ON_INDEX_HOST
