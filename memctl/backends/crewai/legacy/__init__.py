"""Memory of CrewAI up to 1.9, in Chroma and in one SQLite file; it is only read."""
