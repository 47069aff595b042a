"""Sets up stores that are built of resources elsewhere: what is wanted, then makes or undoes it."""

from __future__ import annotations

from .run import Dialogue, provision_store

__all__ = ["Dialogue", "provision_store"]
