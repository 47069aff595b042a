"""The `crewai` backend: memory of CrewAI of every version, of which the newest can be written."""

from __future__ import annotations

from .backend import CrewaiBackend

__all__ = ["CrewaiBackend"]
