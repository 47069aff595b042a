"""Tests of the stand-in for a Databricks workspace, with the real clients over HTTP."""
