"""Making and deleting endpoints and indexes, step by step, and granting their use."""
