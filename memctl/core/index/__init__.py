"""The indexes of a profile, one by one: listed, made, emptied, deleted."""
