"""What the sandbox stands in for: users, privileges, endpoints, indexes and their rows."""
