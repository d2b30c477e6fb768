"""The platform's own domain: its tables as a data product with a contract, like any other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from meshwright.model.address import ProductKey
from meshwright.model.contract import Document
from meshwright.model.product import Bundle, Product
from meshwright.provisioning.tables import TABLES_SCHEMA
from meshwright.standards.odcs import read_contract
from meshwright.standards.odps import PRODUCT_FILE, read_product

if TYPE_CHECKING:
    from meshwright.supervision.metamodel.column import Column, ColumnKind
    from meshwright.supervision.metamodel.relation import Relation

OWN = ProductKey(TABLES_SCHEMA, "tables")
"""The product; its one output port has its name. In SQL `mesh.tables.products` is `mesh.products`."""

VERSION = "1.0.0"
"""The version of the tables: a new major when a column goes or changes its meaning."""

CONTRACT_ID = "meshwright-mesh-tables"

_CONTRACT_FILE = "contracts/tables.yaml"

_TYPES: Mapping[ColumnKind, Mapping[str, Any]] = {
    "text": {"logicalType": "string"},
    "integer": {"logicalType": "integer", "physicalType": "bigint"},
    "number": {"logicalType": "number", "physicalType": "double"},
    "boolean": {"logicalType": "boolean"},
    "timestamp": {"logicalType": "timestamp", "physicalType": "timestamptz"},
    "texts": {"logicalType": "array", "items": {"logicalType": "string"}},
    "integers": {"logicalType": "array", "items": {"logicalType": "integer", "physicalType": "bigint"}},
}


def own_tables() -> Mapping[str, Sequence[str]]:
    """The columns of every table by its names in SQL: `mesh.products` and `mesh.tables.products`."""
    from meshwright.supervision.metamodel.relations import RELATIONS

    columns = {name: relation.schema.names for name, relation in RELATIONS.items()}
    short = {f"{TABLES_SCHEMA}.{name}": found for name, found in columns.items()}
    return short | {f"{OWN.domain}.{OWN.product}.{name}": found for name, found in columns.items()}


def relation_of(name: str) -> str:
    """The relation that a name in SQL means.

    >>> relation_of("mesh.products"), relation_of("mesh.tables.ports")
    ('products', 'ports')
    """
    return name.rpartition(".")[2]


def own_contract() -> dict[str, Any]:
    """The ODCS contract of the tables, made from their definitions."""
    from meshwright.supervision.metamodel.relations import RELATIONS

    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": CONTRACT_ID,
        "name": "The mesh as tables",
        "version": VERSION,
        "status": "active",
        "description": {
            "purpose": "What the mesh declares and what happened in it, for policies, reports and questions.",
            "usage": "Ask with `mesh query`: `select * from mesh.products`.",
            "limitations": "They tell of one environment, as its registry holds it at the moment of asking.",
        },
        "schema": [_object(relation) for relation in RELATIONS.values()],
    }


def _object(relation: Relation) -> dict[str, Any]:
    return {
        "name": relation.name,
        "description": relation.description,
        "properties": [_property(column, relation) for column in relation.columns],
        "quality": [
            {
                "name": "one_row_per_key",
                "description": "The key tells the rows apart.",
                "metric": "duplicateValues",
                "arguments": {"properties": list(relation.key)},
                "mustBe": 0,
            }
        ],
    }


def _property(column: Column, relation: Relation) -> dict[str, Any]:
    found = {"name": column.name, **_TYPES[column.kind], "description": column.description}
    if column.required:
        found["required"] = True
    found["classification"] = "internal"
    return found


def own_bundle(mesh: str, documents: Mapping[str, Document] | None = None) -> Bundle:
    """The declarations of the product, as if a team had written them; `documents` are its contracts."""
    product = {
        "apiVersion": "v1.1.0",
        "kind": "DataProduct",
        "id": f"{mesh}-mesh-tables",
        "name": "The mesh as tables",
        "version": VERSION,
        "status": "active",
        "domain": OWN.domain,
        "description": {
            "purpose": "What the mesh declares and what happened in it, as tables.",
            "usage": "Ask with `mesh query`; policies and reports read the same tables.",
        },
        "outputPorts": [
            {
                "name": OWN.product,
                "description": "One object per table.",
                "version": VERSION,
                "contractId": CONTRACT_ID,
            }
        ],
    }
    contracts = {_CONTRACT_FILE: own_contract()} if documents is None else documents
    whole = {PRODUCT_FILE: product, **contracts}
    digest = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
    return Bundle(OWN.domain, OWN.product, f"domains/{OWN.domain}/{OWN.product}", digest, whole, {})


def own_product(mesh: str) -> Product:
    """The product, read like any other."""
    bundle = own_bundle(mesh)
    contract = read_contract(bundle.documents[_CONTRACT_FILE], f"{bundle.folder}/{_CONTRACT_FILE}")
    return read_product(bundle, [contract])


def listed_product(mesh: str) -> Product:
    """The product without its contract, for lists: nothing that makes tables is loaded."""
    return read_product(own_bundle(mesh, {}), [])
