"""Contracts as checks: compiled, judged, and compared with a source."""
