"""Backups: archives in memctl's home, named by operation; each act on them has a file."""
