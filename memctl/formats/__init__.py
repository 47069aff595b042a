"""Readers of other programs' files, without those programs; nothing here writes."""

from __future__ import annotations
