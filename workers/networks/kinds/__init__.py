"""The layer types that torch.nn does not build directly, one module per family."""
