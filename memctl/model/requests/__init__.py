"""Retries, pace and log of requests to other machines."""
