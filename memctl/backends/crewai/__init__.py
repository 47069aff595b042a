"""The `crewai` backend: CrewAI's own memory of every generation; the newest can be written."""

from __future__ import annotations

from .backend import CrewaiBackend

__all__ = ["CrewaiBackend"]
