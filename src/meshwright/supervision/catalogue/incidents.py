"""What went wrong, with whom it was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.supervision.catalogue.catalogue import Catalogue
from meshwright.supervision.catalogue.rows import Row

LISTED = 50
"""How many incidents a page lists."""


@dataclass(frozen=True, slots=True)
class ShownIncident:
    """A row of `mesh.incidents`, with the channels told of its begin, and those that could not be."""

    row: Row
    told: Sequence[str]
    not_told: Sequence[str]

    @property
    def level(self) -> str:
        """The level that it is shown as: that of an error is `bad`."""
        return "bad" if self.row["severity"] == "error" else "warning"

    @property
    def began_at(self) -> datetime:
        """When it began."""
        found: datetime = self.row["began_at"]
        return found

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; None while it is open."""
        found: datetime | None = self.row["ended_at"]
        return found


def incidents_of(catalogue: Catalogue, domain: str, product: str) -> Sequence[ShownIncident]:
    """The incidents of a product, newest first."""
    alerts: dict[str, list[Mapping[str, Any]]] = {}
    for row in catalogue.of("alerts", domain, product):
        alerts.setdefault(row["incident"], []).append(row)
    rows = sorted(catalogue.of("incidents", domain, product), key=_newest, reverse=True)
    return [_shown(row, alerts.get(row["incident"], ())) for row in rows[:LISTED]]


def open_incidents(catalogue: Catalogue) -> tuple[int, Sequence[ShownIncident]]:
    """How many incidents are open in the whole mesh, and the newest of them."""
    table = catalogue.tables.get("incidents")
    if table is None:
        return 0, ()
    still = table.filter(pc.equal(table["status"], "open"))
    rows = sorted(still.to_pylist(), key=_newest, reverse=True)[:LISTED]
    of_these = pa.array([row["incident"] for row in rows], pa.string())
    told = catalogue.tables["alerts"]
    alerts: dict[str, list[Mapping[str, Any]]] = {}
    for row in told.filter(pc.is_in(told["incident"], value_set=of_these)).to_pylist():
        alerts.setdefault(row["incident"], []).append(row)
    return still.num_rows, [_shown(row, alerts.get(row["incident"], ())) for row in rows]


def _newest(row: Row) -> Any:
    return row["began_at"], row["opened_at"]


def _shown(row: Row, alerts: Sequence[Mapping[str, Any]]) -> ShownIncident:
    begun = [alert for alert in alerts if alert["phase"] == "begin"]
    return ShownIncident(
        row,
        told=[alert["channel"] for alert in begun if alert["status"] == "delivered"],
        not_told=[alert["channel"] for alert in begun if alert["status"] in ("failed", "given_up")],
    )
