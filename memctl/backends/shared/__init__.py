"""What several kinds of store are built of."""
