"""Checks measured by DuckDB: one scan for all that are sums over rows."""

from meshwright.adapters.duckdb.checks.measure import measure

__all__ = ["measure"]
