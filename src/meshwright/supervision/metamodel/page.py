"""The reference of the tables, made from their definitions."""

from __future__ import annotations

from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations import RELATIONS

_TOP = """# The mesh as tables

What the mesh declares and what happened in it are tables of schema `mesh`. `mesh query` reaches them, alone
and joined with published data:

    mesh query "select domain, count(*) as products from mesh.products group by domain"
    mesh query "select p.product from mesh.products p
                left join mesh.runs r on r.domain = p.domain and r.product = p.product
                where r.run is null"

They are made from what was last applied in the environment and from its registry, never from a working tree,
at the moment of asking; so `--as-of` does not go with them. `facts` and `runs` tell what was when.

They are also a data product of the platform's own domain, `mesh://MESH/mesh/tables/tables@1`, with a contract
(`meshwright-mesh-tables`) that is made from the same definitions: `mesh list`, `mesh show mesh/tables`. In
SQL `mesh.tables.products` is `mesh.products`. The platform's own product is not among the rows of its tables:
these hold what somebody applied.

Texts are as their documents have them. A list is `texts`; `timestamp` is a moment in UTC. What a document
does not say is null, unless the standard says what its absence means. Addresses: a domain is
`mesh://MESH/DOMAIN`, a product `mesh://MESH/DOMAIN/PRODUCT`, an output port
`mesh://MESH/DOMAIN/PRODUCT/PORT@MAJOR`, an input port the same without a major; an object is its port's
address and `#OBJECT`, a column that and `.PATH`. The objects of a source have the address of the input port
that reads it.
"""


def rendered() -> str:
    """`mesh-tables.md`."""
    lines = [_TOP.rstrip(), "", "| table | what it holds |", "| --- | --- |"]
    lines += [
        f"| [`mesh.{name}`](#mesh{name}) | {relation.description.split('. ')[0].rstrip('.')} |"
        for name, relation in RELATIONS.items()
    ]
    for relation in RELATIONS.values():
        lines += _section(relation)
    return "\n".join(lines) + "\n"


def _section(relation: Relation) -> list[str]:
    key = ", ".join(f"`{name}`" for name in relation.key)
    lines = ["", f"## mesh.{relation.name}", "", f"{relation.description} The key is {key}.", ""]
    lines += ["| column | type | null | what it is |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{column.name}` | {column.kind} | {'no' if column.required else 'yes'} | {column.description} |"
        for column in relation.columns
    ]
    return lines
