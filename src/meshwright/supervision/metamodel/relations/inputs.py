"""What input ports resolve to."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.model.address import version_fits, version_tuple
from meshwright.supervision.metamodel.column import Rows, integer, text, texts
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import PRODUCT
from meshwright.supervision.metamodel.world import World


def _resolved(world: World) -> Rows:
    """By the rules of `Mesh.candidates`: output ports of the contract that fit, else the own source."""
    ports = world.table("ports")
    asking = ports.filter(pc.equal(ports["direction"], "input"))
    serving = ports.filter(pc.equal(ports["direction"], "output"))
    parsed = _Parsed()
    served: dict[str, list[tuple[tuple[int, ...], int]]] = {}
    offers = zip(serving["contract_id"].to_pylist(), serving["version"].to_pylist(), strict=True)
    for index, (contract, version) in enumerate(offers):
        if contract:
            served.setdefault(contract, []).append((parsed[version], index))
    places = serving["address"].to_pylist()
    rows: dict[str, list[Any]] = {"resolves_to": [], "candidates": [], "source_contract_version": []}
    only: list[int | None] = []
    wanted = (asking[name].to_pylist() for name in ("contract_id", "version", "contract_version", "address"))
    for contract, version, source, address in zip(*wanted, strict=True):
        asked = parsed[version]
        fits = [at for have, at in served.get(contract or "", ()) if version_fits(have, asked)]
        only.append(fits[0] if len(fits) == 1 else None)
        own = None if fits else source
        rows["resolves_to"].append("source" if own else _STATES[min(len(fits), 2)])
        rows["candidates"].append([places[at] for at in fits] or ([address] if own else []))
        rows["source_contract_version"].append(own)
    targets = serving.take(pa.array(only, pa.int64()))
    same = {name: asking[name] for name in ("domain", "product", "port", "address", "contract_id", "version")}
    return {**same, **rows, **{name: targets[of] for name, of in _TARGET}}


class _Parsed(dict[str | None, tuple[int, ...]]):
    """Versions by their text, each read once."""

    def __missing__(self, text: str | None) -> tuple[int, ...]:
        self[text] = version_tuple(text)
        return self[text]


_STATES = ("nothing", "port", "several")

_TARGET = (
    ("to_domain", "domain"),
    ("to_product", "product"),
    ("to_port", "port"),
    ("to_major", "major"),
    ("to_version", "version"),
    ("to_address", "address"),
    ("to_status", "status"),
)

_COLUMNS = (
    *PRODUCT,
    text("port", "The input port.", required=True),
    text("address", "Its address.", required=True),
    text("contract_id", "The contract that it asks for."),
    text("version", "The version that it asks for; null: any."),
    text("resolves_to", "`port`, `source`, `nothing`, or `several` ports.", required=True),
    text("to_domain", "The domain of the output port that it reads."),
    text("to_product", "The product of that port."),
    text("to_port", "Its name."),
    integer("to_major", "Its major version."),
    text("to_version", "Its version."),
    text("to_address", "Its address."),
    text("to_status", "Its status."),
    text("source_contract_version", "The version of the product's own contract, where it reads a source."),
    texts("candidates", "The addresses of everything that it could mean.", required=True),
)

RELATION = Relation(
    name="inputs",
    description="What each input port reads: an output port of some product, or a source.",
    columns=_COLUMNS,
    key=("domain", "product", "port"),
    derive=_resolved,
    needs=("ports",),
)
