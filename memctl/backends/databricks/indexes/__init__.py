"""The indexes of a workspace: what they are made of, what their columns mean, how they are."""
