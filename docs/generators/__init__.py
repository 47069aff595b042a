"""Writes reference pages from the code: one module per kind of page, started by `generate.py`."""
