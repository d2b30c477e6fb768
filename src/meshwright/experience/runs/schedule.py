"""When a product's sources are to be read again: the service level `frequency`."""

from __future__ import annotations

import datetime as dt

from meshwright.experience.runs.context import RunContext, iso
from meshwright.model.contract import Contract
from meshwright.model.product import Product

_UNITS = {
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hr": 3600.0,
    "hour": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
    "w": 604800.0,
    "week": 604800.0,
    "mo": 2629800.0,
    "month": 2629800.0,
    "y": 31557600.0,
    "yr": 31557600.0,
    "year": 31557600.0,
}


def frequency(contract: Contract) -> dt.timedelta | None:
    """How often the contract promises new data (ODCS service level `frequency`), if it does."""
    for level in contract.service_levels:
        unit = (level.unit or "d").lower()
        seconds = _UNITS.get(unit, _UNITS.get(unit.rstrip("s") or "s"))
        if level.property == "frequency" and seconds and isinstance(level.value, int | float):
            return dt.timedelta(seconds=float(level.value) * seconds)
    return None


def next_due(context: RunContext, product: Product) -> str | None:
    """When the first of the product's sources is due again (ISO 8601, UTC); None without a schedule."""
    sources = (context.mesh.resolve(port) for port in product.inputs)
    intervals = [every for c in sources if isinstance(c, Contract) and (every := frequency(c))]
    return iso(context.clock() + min(intervals)) if intervals else None
