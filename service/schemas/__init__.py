"""Frozen pydantic models: everything that crosses an edge, and nothing that does work elsewhere."""
