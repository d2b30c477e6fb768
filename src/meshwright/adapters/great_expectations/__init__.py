"""Custom rules for Great Expectations."""
