"""Checks measured by DuckDB: statistics prove, counts are remembered, one scan does the rest."""

from meshwright.adapters.duckdb.checks.measure import SMALL, measure
from meshwright.adapters.duckdb.checks.parts import parts_of_handle

__all__ = ["SMALL", "measure", "parts_of_handle"]
