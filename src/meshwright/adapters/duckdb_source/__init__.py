"""DuckDB databases as operational systems: ODCS servers of type `duckdb`."""
