"""When a product's sources are to be read again: the service level `frequency`."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

from meshwright.experience.contracts.durations import NoDuration, duration
from meshwright.experience.runs.context import RunContext, iso
from meshwright.model.contract import Contract
from meshwright.model.product import Product


def frequency(contract: Contract) -> dt.timedelta | None:
    """How often the contract promises new data (ODCS service level `frequency`), if it does."""
    for level in contract.service_levels:
        if level.property in ("frequency", "fy"):
            with suppress(NoDuration):
                seconds = duration(level.value, level.unit, "day").total_seconds
                if seconds:
                    return dt.timedelta(seconds=seconds)
    return None


def next_due(context: RunContext, product: Product) -> str | None:
    """When the first of the product's sources is due again (ISO 8601, UTC); None without a schedule."""
    sources = (context.mesh.resolve(port) for port in product.inputs)
    intervals = [every for c in sources if isinstance(c, Contract) and (every := frequency(c))]
    return iso(context.clock() + min(intervals)) if intervals else None
