"""The user interface: one file, one group of pages."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from fastapi import APIRouter

_GROUPS = ("home", "search", "mesh", "domain", "dashboards", "product")


def routers() -> Iterator[APIRouter]:
    """The routers of every group."""
    for name in _GROUPS:
        router: APIRouter = import_module(f"{__name__}.{name}").router
        yield router
