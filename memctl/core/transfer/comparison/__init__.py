"""Compares the records of two stores in bounded memory, whatever their order."""
