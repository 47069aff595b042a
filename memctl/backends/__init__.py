"""Memory stores behind one interface; one module or folder per backend, and nothing of what memctl does with them."""
