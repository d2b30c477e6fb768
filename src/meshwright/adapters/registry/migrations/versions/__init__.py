"""One module per revision of the registry's schema, oldest first."""
