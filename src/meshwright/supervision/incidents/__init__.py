"""Incidents: what is wrong now, since when, and whom it was told."""
