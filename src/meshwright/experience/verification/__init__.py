"""Verifying a contract's data outside a run."""
