"""The pointers of the Iceberg catalogue that shares the registry's database.

They are PyIceberg's SqlCatalog: the catalogue's name is the environment, the namespace is
`domain.product`, a table is `object@major`. Landing objects are served by no port and have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Executable, and_, bindparam, select, update

from meshwright.adapters.registry.database import Transaction
from meshwright.adapters.registry.tables import iceberg_namespaces, iceberg_tables
from meshwright.errors import Conflict
from meshwright.model.address import ProductKey

Pointers = Mapping[str, str]
"""Metadata locations by table name."""


def swap(
    tx: Transaction, environment: str, product: ProductKey, expected: Pointers, wanted: Pointers
) -> None:
    """Move every pointer of a product from `expected` to `wanted`; those not wanted any more go.

    Raises:
        Conflict: a pointer is not where it is expected; names the table.
    """
    found = _pointers(tx, environment, product)
    for name in sorted({*expected, *wanted}):
        if found.get(name) != expected.get(name):
            raise _moved(environment, product, name, expected.get(name), found.get(name))
    _write(tx, environment, product, found, wanted, gone=expected.keys() - wanted.keys())


def put(
    tx: Transaction, environment: str, product: ProductKey, wanted: Pointers, known: Iterable[str]
) -> None:
    """Make the pointers of a product `wanted`, wherever they are; other `known` tables go."""
    found = _pointers(tx, environment, product)
    _write(tx, environment, product, found, wanted, gone=(set(known) & found.keys()) - wanted.keys())


def drop(tx: Transaction, environment: str, product: ProductKey) -> None:
    """Remove a product's namespace with everything in it."""
    tx.run(iceberg_tables.delete().where(_tables_of(environment, product)))
    tx.run(
        iceberg_namespaces.delete().where(
            iceberg_namespaces.c.catalog_name == environment,
            iceberg_namespaces.c.namespace == _namespace(product),
        )
    )


def _pointers(tx: Transaction, environment: str, product: ProductKey) -> dict[str, str | None]:
    of = {"catalog": environment, "namespace": _namespace(product)}
    return {row.table_name: row.metadata_location for row in tx.run(_places, of)}


def _write(
    tx: Transaction,
    environment: str,
    product: ProductKey,
    found: Mapping[str, str | None],
    wanted: Pointers,
    gone: Iterable[str],
) -> None:
    table = iceberg_tables
    key = {"catalog_name": environment, "table_namespace": _namespace(product)}
    new = [
        {**key, "table_name": name, "metadata_location": location, "iceberg_type": "TABLE"}
        for name, location in wanted.items()
        if name not in found
    ]
    moved = [
        {"of": environment, "space": _namespace(product), "name": name, "old": found[name], "new": location}
        for name, location in wanted.items()
        if name in found and found[name] != location
    ]
    if new:
        tx.run(_insert, new)
        row = {"catalog_name": environment, "namespace": _namespace(product)}
        tx.run(_declare, {**row, "property_key": "exists", "property_value": "true"})
    if moved:
        tx.run(_point, moved)
    if names := sorted(gone):
        tx.run(table.delete().where(_tables_of(environment, product), table.c.table_name.in_(names)))


def _places(tx: Transaction) -> Executable:
    table = iceberg_tables
    here = table.c.catalog_name == bindparam("catalog"), table.c.table_namespace == bindparam("namespace")
    return select(table.c.table_name, table.c.metadata_location).where(*here).with_for_update()


def _insert(tx: Transaction) -> Executable:
    return iceberg_tables.insert()


def _declare(tx: Transaction) -> Executable:
    declared: Executable = tx.insert(iceberg_namespaces).on_conflict_do_nothing()
    return declared


def _point(tx: Transaction) -> Executable:
    table = iceberg_tables
    here = table.c.catalog_name == bindparam("of"), table.c.table_namespace == bindparam("space")
    statement = update(table).where(*here, table.c.table_name == bindparam("name"))
    return statement.values(metadata_location=bindparam("new"), previous_metadata_location=bindparam("old"))


def _namespace(product: ProductKey) -> str:
    return f"{product.domain}.{product.product}"


def _tables_of(environment: str, product: ProductKey) -> ColumnElement[bool]:
    return and_(
        iceberg_tables.c.catalog_name == environment,
        iceberg_tables.c.table_namespace == _namespace(product),
    )


def _moved(
    environment: str, product: ProductKey, name: str, expected: str | None, found: str | None
) -> Conflict:
    return Conflict(
        f"the table {_namespace(product)}.{name} was changed by another tool",
        where=f"catalogue {environment}",
        why=f"its pointer is at {found or 'nothing'}; the current publication left it at "
        f"{expected or 'nothing'}",
        way_out=f"put it back with `mesh rollback {product} --to` the current publication, then run again",
    )
