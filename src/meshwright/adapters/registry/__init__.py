"""The registry in SQLite or PostgreSQL."""

from meshwright.adapters.registry.registry import SqlRegistry, open_registry

__all__ = ["SqlRegistry", "open_registry"]
