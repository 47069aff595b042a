"""Memory stores behind one interface; not what memctl does with them."""
