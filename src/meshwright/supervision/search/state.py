"""What an index knows beside its entries: of which mesh it tells, and how its products stand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import log2

import pyarrow as pa

from meshwright.supervision.search.documents import VERSION, Numbering, source_systems


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a product (or a domain itself) can be trusted and how much it is used, both from 0 to 1.

    `trouble` says in words what speaks against it.
    """

    domain: str
    product: str | None
    owner: str | None = None
    product_type: str | None = None
    sources: Sequence[str] = ()
    trust: float = 0.5
    use: float = 0.0
    trouble: str | None = None


@dataclass(frozen=True)
class State:
    """What was written with the entries; `units` are the versions that they are of."""

    mesh: str
    token: tuple[str, str] | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    standings: Sequence[Standing] = ()
    traits: Sequence[tuple[str, ...]] = ()

    @cached_property
    def numbering(self) -> Numbering:
        """The numbers that are given."""
        places = {(each.domain, each.product): at for at, each in enumerate(self.standings)}
        return Numbering(places, {trait: at for at, trait in enumerate(self.traits)})

    def written(self) -> bytes:
        """The state as bytes."""
        standings = [[getattr(each, name) for name in Standing.__slots__] for each in self.standings]
        found = [VERSION, self.mesh, self.token, self.units, standings, self.traits]
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def read(cls, written: bytes | None, mesh: str) -> State | None:
        """The state that was written; None where it is none of this version and this mesh."""
        try:
            version, name, token, units, standings, traits = json.loads(written or b"")
            if (version, name) != (VERSION, mesh):
                return None
            return cls(
                mesh,
                tuple(token),
                units,
                [Standing(*each) for each in standings],
                [tuple(each) for each in traits],
            )
        except (ValueError, TypeError):
            return None


def standings_of(tables: Mapping[str, pa.Table], numbering: Numbering) -> list[Standing]:
    """How the products and domains stand that have numbers, in the order of these."""
    products = {(row["domain"], row["product"]): row for row in _rows(tables, "products", _OF_PRODUCTS)}
    trust, use = _trust(tables), _use(tables)
    servers: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for row in _rows(tables, "servers", ("domain", "product", "binding", "server")):
        servers.setdefault((row["domain"], row["product"]), []).append(row)
    found = []
    for domain, product in numbering.places:
        key = (domain, product or "")
        if key not in products:
            found.append(Standing(domain, product))
            continue
        about = products[key]
        trusted, trouble = trust.get(key, (0.5, None))
        systems = source_systems(servers.get(key, ()))
        owner, kind = about["owner"], about["type"]
        found.append(Standing(domain, product, owner, kind, systems, trusted, use.get(key, 0.0), trouble))
    return found


_OF_PRODUCTS = ("domain", "product", "owner", "type")


def _rows(tables: Mapping[str, pa.Table], relation: str, columns: Sequence[str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = tables[relation].select(list(columns)).to_pylist()
    return found


def _trust(tables: Mapping[str, pa.Table]) -> dict[tuple[str, str], tuple[float, str | None]]:
    """From 0 (the last run failed, service levels are broken) to 1, and what speaks against it, in words."""
    found: dict[tuple[str, str], tuple[float, str | None]] = {}
    columns = ["domain", "product", "status", "checks_failed", "ended_at"]
    runs = tables["runs"].select(columns).sort_by([("ended_at", "ascending")])
    for row in runs.to_pylist():
        key = (row["domain"], row["product"])
        if row["status"] == "published":
            found[key] = (0.8, "checks failed") if row["checks_failed"] else (1.0, None)
        elif row["status"] in ("failed", "died"):
            found[key] = (0.3, "its last run failed")
    for row in _rows(tables, "slo_status", ("domain", "product", "status")):
        if row["status"] == "broken":
            key = (row["domain"], row["product"])
            trust, trouble = found.get(key, (0.5, None))
            found[key] = (round(max(0.0, trust - 0.2), 3), trouble or "it breaks a service level")
    return found


def _use(tables: Mapping[str, pa.Table]) -> dict[tuple[str, str], float]:
    """By how many products read it: 0 for none, 1 for 31 and more."""
    readers: dict[tuple[str, str], set[tuple[str, str]]] = {}
    columns = ("kind", "from_domain", "from_product", "to_domain", "to_product")
    for row in _rows(tables, "edges", columns):
        if row["kind"] == "reads" and row["from_product"]:
            of = readers.setdefault((row["from_domain"], row["from_product"]), set())
            of.add((row["to_domain"], row["to_product"]))
    return {key: round(min(1.0, log2(len(each) + 1) / 5), 3) for key, each in readers.items()}
