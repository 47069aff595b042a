"""The parts that an archive's records lie in: their rows, files and digests."""
