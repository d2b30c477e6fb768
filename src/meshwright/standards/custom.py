"""What the Bitol standards have no field for: `customProperties` with `vendor: meshwright`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VENDOR = "meshwright"


def custom_of(element: Mapping[str, Any]) -> Mapping[str, Any]:
    """Our own custom properties of an element, by name."""
    entries = element.get("customProperties")
    if not entries:
        return {}
    return {entry["property"]: entry["value"] for entry in entries if entry.get("vendor") == VENDOR}
