"""Makes stores ready and saves their profiles, at once or of resources that lie elsewhere."""

from __future__ import annotations

from .order import Dialogue, SetupOrder
from .run import KEPT_BY_DEFAULT, set_up

__all__ = ["KEPT_BY_DEFAULT", "Dialogue", "SetupOrder", "set_up"]
