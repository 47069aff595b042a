"""A local stand-in for a Databricks workspace, to try memctl on; no part of memctl uses it."""
