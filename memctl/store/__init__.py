"""memctl's own SQLite file: profiles, journal, checkpoints; no secret and no agent's memory."""

from __future__ import annotations
