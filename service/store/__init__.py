"""The only SQL: rows stay inside, and what goes in and out are the schemas of `service.schemas`."""
