"""Runs: one attempt to build a product. Extract, transform, verify, publish."""
