"""Copies records from one store to another and compares both: for migrate, backup and restore."""
