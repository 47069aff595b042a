"""Clears memory: what is meant is planned in `plan`, done in `run`."""
