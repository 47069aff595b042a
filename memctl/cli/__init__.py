"""Flags in, result out: one file per command, and no logic."""
