"""Reads the files of Chroma's vector index."""
