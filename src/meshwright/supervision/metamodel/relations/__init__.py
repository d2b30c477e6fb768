"""The relations of schema `mesh`: one file, one relation, one part of docs/mesh-tables.md.

A new one is a module here with a `RELATION`, and its name in `_NAMES`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib import import_module

from meshwright.supervision.metamodel.relation import Relation

_NAMES = (
    "domains",
    "products",
    "ports",
    "contracts",
    "objects",
    "columns",
    "quality",
    "service_levels",
    "servers",
    "relationships",
    "inputs",
    "edges",
    "column_edges",
    "people",
    "support",
    "roles",
    "tags",
    "authoritative_definitions",
    "synonyms",
    "custom_properties",
    "dashboards",
    "tiles",
    "publications",
    "publication_inputs",
    "runs",
    "checks",
    "slo_status",
    "incidents",
    "alerts",
    "external_datasets",
    "external_jobs",
    "external_edges",
    "policies",
    "waivers",
    "violations",
    "facts",
)

RELATIONS: Mapping[str, Relation] = {name: import_module(f"{__name__}.{name}").RELATION for name in _NAMES}
"""Every relation by its name, in the order of the documentation."""

PARTS: Mapping[str, Relation] = {
    name: import_module(f"{__name__}.{name.lstrip('_')}").RELATION for name in ("_column_origins",)
}
"""Relations that others are made from and that nobody else sees."""

ALL: Mapping[str, Relation] = {**RELATIONS, **PARTS}


def needed(names: Collection[str]) -> frozenset[str]:
    """Some relations, and those that they are made from."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += ALL[name].needs
    return frozenset(found)
