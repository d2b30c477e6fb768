"""Meanings of texts, by the embedding model all-MiniLM-L6-v2, which comes with the extra `semantic`."""
