"""What the names in a query mean: addresses in SQL, resolved to published handles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from meshwright.errors import InputError, Refused, SqlError
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh
from meshwright.model.product import Product
from meshwright.model.publication import Handle, ObjectKey, Publication
from meshwright.provisioning.registry import Registry
from meshwright.provisioning.tables import TABLES_SCHEMA
from meshwright.sql.columns import UnknownColumn, unknown_columns
from meshwright.sql.parse import parse_model
from meshwright.sql.statement import Reference


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a statement reads, by its names there: published objects, and tables of the mesh itself."""

    handles: Mapping[str, Handle]
    tables: frozenset[str]


def resolve_query(
    sql: str,
    mesh: Callable[[], Mesh],
    registry: Callable[[], Registry],
    environment: str,
    as_of: str | None = None,
    declared: Collection[ProductKey] = (),
    tables: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Resolved:
    """The handle of every `domain.product.object` that a statement reads, and the tables of the mesh.

    Without a major it is the newest active one; `domain.product."object@1"` names one. With
    `as_of` (ISO 8601; a date or a second means its end, without a zone UTC) it is what readers saw then.
    `declared` are products that the tree has, applied or not. `tables` has the columns of the mesh's own
    tables by name (`mesh.products`); a statement that reads nothing else needs neither `mesh` nor
    `registry`, which are made when they are asked for.

    Raises:
        InputError: a product is declared but not applied, or the mesh's tables are asked `as_of` a moment.
        SqlError: the statement is no SELECT, or reads something that is no published object.
        Refused: the product has published nothing (yet), or is retired.
    """
    try:
        statement = parse_model(sql, "duckdb", "the query")
    except SqlError as error:
        raise _of_a_query(error) from error
    moment = _moment(as_of) if as_of else None
    seen: dict[ProductKey, Mapping[ObjectKey, Handle]] = {}
    then: Mapping[ProductKey, Publication] | None = None
    relations: dict[str, Handle] = {}
    used: set[str] = set()
    schemas: dict[str, Sequence[str]] = {}
    for reference in statement.references:
        parts = tuple(part.lower() for part in reference.parts)
        if parts[0] == TABLES_SCHEMA and tables and not reference.changes:
            name = _table(reference, parts, tables, as_of)
            used.add(name)
            schemas[reference.key] = tables[name]
            continue
        if len(parts) != 3 or reference.changes:
            raise SqlError(
                f"`{reference.key}` is no object of the mesh",
                line=reference.line,
                column=reference.column,
                where=f"the query:{reference.line}:{reference.column}",
                way_out="write domain.product.object; `mesh list` shows what there is",
            )
        key = ProductKey(parts[0], parts[1])
        if key not in mesh().products and key in declared:
            raise not_applied(str(key), environment)
        product = _product(mesh(), key)
        if product.key not in seen:
            if moment and then is None:
                then = registry().as_of(environment, moment)
            seen[product.key] = _handles(registry(), environment, product, then, as_of)
        handle = _object(product, seen[product.key], parts[2])
        relations[".".join(parts)] = handle
        schemas[reference.key] = [column.name for column in handle.columns]
    for lacking in unknown_columns(statement, schemas):
        raise _no_such_column(lacking, schemas[lacking.key])
    return Resolved(relations, frozenset(used))


def _table(
    reference: Reference, parts: tuple[str, ...], tables: Mapping[str, Sequence[str]], as_of: str | None
) -> str:
    name = ".".join(parts)
    place = f"the query:{reference.line}:{reference.column}"
    if name not in tables:
        close = get_close_matches(name, tables, 1)
        raise SqlError(
            f"there is no table `{name}`",
            line=reference.line,
            column=reference.column,
            where=place,
            way_out=f"did you mean {close[0]}?" if close else "`mesh show mesh/tables` lists them",
        )
    if as_of:
        raise InputError(
            f"`{name}` tells of now, not of {as_of}",
            where=place,
            way_out="leave --as-of out; mesh.facts and mesh.runs tell what was when",
        )
    return name


def not_applied(product: str, environment: str) -> InputError:
    """What is told of a product that the tree declares and the environment does not know."""
    return InputError(
        f"{product} is declared but not applied in {environment}", way_out="apply it with `mesh apply`"
    )


def _of_a_query(error: SqlError) -> SqlError:
    """What is wrong with a statement, in the words of somebody who asks and declares nothing."""
    what = error.what.replace("a model", "a query").replace("the model", "the query")
    return SqlError(
        what,
        line=error.line,
        column=error.column,
        where=error.where,
        why=None if what != error.what else error.why,
        way_out="write one SELECT over domain.product.object; `mesh list` shows what there is",
    )


def _no_such_column(lacking: UnknownColumn, known: Sequence[str]) -> SqlError:
    close = get_close_matches(lacking.name, [name.lower() for name in known], 1)
    place = f"the query:{lacking.line}:{lacking.column}" if lacking.line else "the query"
    return SqlError(
        f"`{lacking.key}` has no column `{lacking.name}`",
        line=lacking.line,
        column=lacking.column,
        where=place,
        way_out=f"did you mean {close[0]}?" if close else f"its columns are {', '.join(known)}",
    )


def _product(mesh: Mesh, key: ProductKey) -> Product:
    product = mesh.products.get(key)
    if product is None:
        close = get_close_matches(str(key), map(str, mesh.products), 1)
        hint = f"did you mean {close[0]}?" if close else "`mesh list` shows what there is"
        raise SqlError(f"there is no product {key}", way_out=hint)
    if not mesh.sees(product):
        raise Refused(
            f"{key} is {product.status}: visible to domain `{key.domain}` only",
            way_out=f"ask the team of `{key.domain}` to make it active",
        )
    if product.status == "retired":
        raise Refused(
            f"{key} is retired",
            way_out=f"read {product.successor} instead" if product.successor else "ask its domain",
        )
    return product


def _handles(
    registry: Registry,
    environment: str,
    product: Product,
    then: Mapping[ProductKey, Publication] | None,
    as_of: str | None,
) -> Mapping[ObjectKey, Handle]:
    known = registry.current(environment, [product.key]) if then is None else then
    publication = known.get(product.key)
    if publication is None:
        when = f" at {as_of}" if as_of else " yet"
        raise Refused(
            f"{product.key} had published nothing{when}",
            way_out=f"see `mesh history {product.key}`",
        )
    try:
        return registry.handles(publication.id)
    except InputError:
        newer = registry.current(environment, [product.key]).get(product.key)
        if then is not None or newer is None or newer.id == publication.id:
            raise
        return registry.handles(newer.id)  # it was published anew, and the other one forgotten


def _object(product: Product, handles: Mapping[ObjectKey, Handle], name: str) -> Handle:
    plain, _, major = name.partition("@")
    deprecated = {(port.name, port.major) for port in product.outputs if port.deprecated}
    served = sorted(
        (key for key in handles if key.port and key.name.lower() == plain),
        key=lambda key: ((key.port, key.major) not in deprecated, key.major),
    )
    fits = [key for key in served if not major or str(key.major) == major]
    if not fits:
        known = sorted({key.name for key in handles if key.port})
        versions = ", ".join(f"{key.name}@{key.major}" for key in served)
        raise SqlError(
            f"{product.key} serves no `{name}`",
            way_out=f"it serves {versions or ', '.join(known)}",
        )
    return handles[fits[-1]]


def _moment(text: str) -> str:
    """ISO 8601 in UTC, as the registry keeps it; the end of the day, minute or second that is named."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"`{text}` is no date or time", way_out="write 2026-03-31 or 2026-03-31T12:00:00+01:00"
        ) from error
    if len(text) == 10:
        moment = moment.replace(hour=23, minute=59, second=59)
    elif len(text) == 16:
        moment = moment.replace(second=59)
    if "." not in text:
        moment = moment.replace(microsecond=999_999)
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return zoned.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
