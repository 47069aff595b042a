"""A Chroma directory: read from its files, written by chromadb."""
