"""The `databricks` backend: indexes of Databricks AI Search (Vector Search) in one workspace."""

from __future__ import annotations

from .backend import DatabricksBackend

__all__ = ["DatabricksBackend"]
