"""One module per illness; each registers its detecting function, and its docstring is its page in the rule book."""
