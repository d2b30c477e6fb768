"""PostgreSQL as an operational system: ODCS servers of type `postgres`, through ADBC."""
