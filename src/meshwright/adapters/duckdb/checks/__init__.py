"""Checks measured by DuckDB: statistics prove, counts are remembered, one scan does the rest."""

from meshwright.adapters.duckdb.checks.measure import SMALL, Judged, measure

__all__ = ["SMALL", "Judged", "measure"]
