"""Clears memory: what is meant is planned in `plan`, done in `run`."""

from __future__ import annotations

from .plan import ClearOrder, plan_clear
from .run import run_clear

__all__ = ["ClearOrder", "plan_clear", "run_clear"]
