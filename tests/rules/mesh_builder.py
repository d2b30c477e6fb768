"""Small meshes made by hand, from documents that need no files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from meshwright.model.address import ProductKey
from meshwright.model.contract import Contract
from meshwright.model.mesh import Mesh
from meshwright.model.product import Bundle, Domain, Environment, Product
from meshwright.standards.odcs import read_contract
from meshwright.standards.odps import read_product


def ours(**values: Any) -> list[dict[str, Any]]:
    """Custom properties of ours."""
    return [{"vendor": "meshwright", "property": name, "value": value} for name, value in values.items()]


def column(name: str = "id", logical: str | None = "integer", **keys: Any) -> dict[str, Any]:
    return {"name": name, **({"logicalType": logical} if logical else {}), **keys}


def table(name: str = "deals", *columns: Mapping[str, Any], **keys: Any) -> dict[str, Any]:
    return {"name": name, "properties": list(columns or (column(),)), **keys}


def contract_document(
    name: str = "deals", *objects: Any, version: str = "1.0.0", **keys: Any
) -> dict[str, Any]:
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": name,
        "version": version,
        "schema": list(objects or (table(),)),
        **keys,
    }


def source_document(name: str = "crm", *objects: Any, **keys: Any) -> dict[str, Any]:
    server = {"server": "crm", "type": "local", "path": "x.csv", "format": "csv"}
    return contract_document(name, *objects, servers=[server], **keys)


def product(
    name: str = "brokerage/deals",
    contracts: Sequence[Mapping[str, Any]] = (),
    *,
    outputs: Sequence[Mapping[str, Any]] | None = None,
    inputs: Sequence[Mapping[str, Any]] = (),
    models: Mapping[str, str] | None = None,
    **keys: Any,
) -> Product:
    """A product; without more said, a port per contract without servers, and a model per object."""
    key = ProductKey(*name.split("/"))
    folder = f"domains/{name}"
    read = [read_contract(c, f"{folder}/contracts/{c['id']}-{c['version']}.yaml") for c in contracts]
    if outputs is None:
        outputs = [_port(c) for c in read if not c.servers]
    document = {
        "apiVersion": "v1.1.0",
        "kind": "DataProduct",
        "id": f"{name}-id",
        "status": "active",
        "inputPorts": list(inputs),
        "outputPorts": list(outputs),
        **keys,
    }
    if models is None:
        models = {f"{o.table}.sql": "SELECT 1" for c in read if not c.servers for o in c.objects}
    texts = {f"models/{file}": text for file, text in models.items()}
    bundle = Bundle(key.domain, key.product, folder, "digest", {"product.yaml": document}, texts)
    return read_product(bundle, read)


def _port(contract: Contract) -> dict[str, Any]:
    name = contract.id.replace("-", "_")
    return {"name": name, "version": contract.version, "contractId": contract.id}


def mesh(*products: Product, owned: Sequence[str] | None = None, **keys: Any) -> Mesh:
    domains = {p.domain for p in products}
    values: dict[str, Any] = {
        "name": "premium_offices",
        "root": "/mesh",
        "environments": {"dev": Environment("dev", "sqlite://", "/warehouse")},
        "default_environment": "dev",
        "owned": frozenset(domains if owned is None else owned),
        "domains": {name: Domain(name, f"domains/{name}/domain.yaml", {"domain": name}) for name in domains},
        "products": {p.key: p for p in products},
    }
    return Mesh(**{**values, **keys})
