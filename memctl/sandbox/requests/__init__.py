"""How the sandbox takes a request: checks it, fails on purpose, carries it out, records it."""
