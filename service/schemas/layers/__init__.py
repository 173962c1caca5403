"""Layer kinds: one module per family, each kind one class; `registry` finds them."""
