"""The indexes of a workspace: their schema, what columns mean, and their state."""
