"""The catalogue of one state of the mesh."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from meshwright.supervision.metamodel.tables import MeshTables


@dataclass(frozen=True, slots=True)
class DomainSummary:
    """A domain in a list; `products` counts those that are not retired."""

    name: str
    address: str
    description: str | None
    team: str | None
    products: int


class Catalogue:
    """Answers about the tables of one state of the mesh."""

    def __init__(self, mesh: MeshTables) -> None:
        self.mesh = mesh.mesh
        self.tables = mesh.tables

    def domains(self) -> Sequence[DomainSummary]:
        """Every domain by its name."""
        products = self.tables["products"].select(["domain", "status"]).to_pylist()
        counts = Counter(each["domain"] for each in products if each["status"] != "retired")
        found = [
            DomainSummary(
                row["domain"], row["address"], row["description"], row["team"], counts[row["domain"]]
            )
            for row in self.tables["domains"].to_pylist()
        ]
        return sorted(found, key=lambda each: each.name)
