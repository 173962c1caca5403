"""The HTTP interface: one blueprint for each resource, over the functions of the store."""
