"""Checks measured by PostgreSQL, on the tables where they are: nothing is copied."""

from meshwright.adapters.postgres.checks.measure import PostgresInspection
from meshwright.adapters.postgres.checks.probes import Relation

__all__ = ["PostgresInspection", "Relation"]
