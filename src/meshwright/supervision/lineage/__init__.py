"""Lineage over a whole environment: what comes from what, table by table and column by column."""
