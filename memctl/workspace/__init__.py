"""Logging in to a Databricks workspace, for every backend that lives in one, and requests to it."""
