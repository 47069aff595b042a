"""The rows of an index: read and written over its data plane, and turned into records."""
