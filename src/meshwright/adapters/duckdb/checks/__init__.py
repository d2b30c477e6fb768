"""Checks measured by DuckDB: statistics prove, counts are remembered, one scan does the rest."""

from meshwright.adapters.duckdb.checks.measure import SMALL, measure

__all__ = ["SMALL", "measure"]
