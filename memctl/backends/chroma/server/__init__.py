"""A Chroma server: read and written by its HTTP API; chromadb itself is not needed."""
