"""What `memctl verify` looks at in a workspace: login, endpoints, indexes and their rows."""
