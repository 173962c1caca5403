"""One module per cure; each registers its proposing function, and its docstring is its page in the catalogue."""
