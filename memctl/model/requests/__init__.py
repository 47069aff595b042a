"""What every request to another machine has: more than one try, a pace, and a line in the log."""
