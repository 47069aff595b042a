"""What memctl does, one file per thing; no flags, no printing, and no store's own code."""
