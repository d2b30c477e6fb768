"""What input ports resolve to, over meshes where much is ambiguous."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metamodel.declared import bundle, mesh_of, rows_of, tables_of

from meshwright.model.contract import Contract
from meshwright.model.mesh import PortRef

VERSIONS = st.sampled_from([None, "1.0.0", "1.1.0", "2.0.0", "v1", "1", "2.0.0-beta", "x"])
CONTRACTS = st.sampled_from(["a", "b", None])


@st.composite
def documents(draw: st.DrawFn, name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    ports: dict[str, Any] = {}
    for field, prefix in (("inputPorts", "i"), ("outputPorts", "o")):
        found = []
        for number in range(draw(st.integers(0, 3))):
            port = {"name": f"{prefix}{number}", "version": draw(VERSIONS), "contractId": draw(CONTRACTS)}
            found.append({key: value for key, value in port.items() if value is not None})
        ports[field] = found
    contracts = []
    for version in draw(st.lists(st.sampled_from(["1.0.0", "1.2.0", "2.0.0"]), max_size=3)):
        servers = [{"server": "s", "type": "local", "path": "x"}] if draw(st.booleans()) else None
        one = {"id": draw(st.sampled_from(["a", "b"])), "version": version, "apiVersion": "v3.2.0"}
        contracts.append({**one, **({"servers": servers} if servers else {})})
    return ports, contracts


@settings(max_examples=200, deadline=None)
@given(st.lists(documents("p"), min_size=1, max_size=4))
def test_inputs_are_what_the_mesh_resolves(found: list[Any]) -> None:
    made = [bundle(f"d/p{number}", ports, *contracts) for number, (ports, contracts) in enumerate(found)]
    bundles = {each.key: each for each in made}
    mesh = mesh_of(bundles)
    rows = {(r["product"], r["port"]): r for r in rows_of(tables_of(bundles), "inputs")}
    for product in mesh.products.values():
        for port in product.inputs:
            row, candidates = rows[(product.key.product, port.name)], mesh.candidates(port)
            ports = [str(mesh.address(c.product, c.port)) for c in candidates if isinstance(c, PortRef)]
            sources = [c.version for c in candidates if isinstance(c, Contract)]
            assert row["source_contract_version"] == (sources[0] if sources else None)
            assert row["candidates"] == (ports or ([row["address"]] if sources else []))
            assert row["to_address"] == (ports[0] if len(ports) == 1 else None)
            kinds = {0: "source" if sources else "nothing", 1: "port"}
            assert row["resolves_to"] == kinds.get(len(ports), "several")
