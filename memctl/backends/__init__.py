"""Memory stores behind one interface."""
