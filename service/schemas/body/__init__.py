"""A body of bytes, JSON or YAML, read into one plain tree within limits and without surprises."""
