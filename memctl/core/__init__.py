"""What memctl does, one file per thing."""
