"""How work that changes something runs: its steps, its journal, its locks and its end."""
