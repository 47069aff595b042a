"""Secrets: keyring, vault, environment and prompt; which of them a store needs, `core` knows."""

from __future__ import annotations
