"""Which datasets outside the mesh are tables of it, by its own tables."""

from __future__ import annotations

from meshwright.model.address import major_of
from meshwright.supervision.lineage.told import DatasetName, Ours, names_of_served, names_of_source
from meshwright.supervision.metamodel.world import World

NEEDS = ("ports", "objects", "servers")
"""The relations that this is told from."""


def ours_in(world: World) -> Ours:
    """The tables of the mesh by the names that others have for them; sources as nodes of `mesh.edges`."""
    found: dict[DatasetName, tuple[str, str]] = {}
    objects = world.lists("objects", ("domain", "product", "contract_id", "contract_version", "table_name"))
    tables: dict[tuple[str, ...], list[str]] = {}
    for *contract, table in zip(*objects.values(), strict=True):
        tables.setdefault(tuple(contract), []).append(table)
    servers = world.lists(
        "servers",
        ("domain", "product", "contract_id", "contract_version", "dataset_namespace", "dataset_name"),
    )
    places: dict[tuple[str, ...], list[DatasetName | None]] = {}
    for *contract, namespace, name in zip(*servers.values(), strict=True):
        places.setdefault(tuple(contract), []).append((namespace, name) if namespace else None)
    ports = world.lists(
        "ports",
        ("direction", "domain", "product", "contract_id", "contract_version", "address", "major"),
    )
    for direction, domain, product, contract_id, version, address, major in zip(*ports.values(), strict=True):
        key = (domain, product, contract_id, version)
        own = tables.get(key, ())
        if direction == "output":
            for table in own:
                found[names_of_served(world.mesh, domain, product, table, major)] = (address, table)
        elif contract_id and version:
            node = f"source:{contract_id}@{major_of(version)}"
            for dataset, table in names_of_source(world.mesh, contract_id, own, places.get(key, ())):
                found.setdefault(dataset, (node, table))
    return Ours(found)
