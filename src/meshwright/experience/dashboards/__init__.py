"""Dashboards of products: declared, judged, and resolved to what they read."""
