"""Models as SQL: parse, order, rewrite, columns used, column lineage."""
