"""Search indexes in folders, by tantivy."""
