"""Queries of dashboards: read by our parser, then bound by the engine that executes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches

from meshwright.errors import SqlError
from meshwright.experience.dashboards.objects import Served, columns_read, objects_read
from meshwright.model.dashboard import Dashboard
from meshwright.model.product import Product
from meshwright.provisioning.tables import Tables, TablesSession
from meshwright.sql.columns import unknown_columns
from meshwright.sql.parse import parse_model
from meshwright.sql.statement import Statement

WHERE = "the query"


class UnknownParameter(SqlError):
    """A query holds a parameter that no filter sets."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a dashboard: its text, the objects that it reads, and the parameters that it holds.

    `objects` are by the name that the engine looks for; `path` is its place in the document.
    """

    path: str
    text: str
    objects: Mapping[str, Served]
    parameters: tuple[str, ...]


def queries_of(dashboard: Dashboard) -> Iterator[tuple[str, str]]:
    """The place and the text of every query of a dashboard: its filters' first."""
    for each in dashboard.filters:
        if each.query is not None:
            yield f"{each.path}.query", each.query
    for tile in dashboard.tiles:
        if tile.query is not None:
            yield f"{tile.path}.query", tile.query


def read_query(text: str, path: str, product: Product, dashboard: Dashboard) -> Query:
    """What a query of a dashboard reads.

    Raises:
        SqlError: it is no SELECT, reads something that is no object of the product, or names a column that
            no contract has.
        UnknownParameter: no filter of the dashboard sets one of its parameters; those of filters have none.
    """
    try:
        statement = parse_model(text, "duckdb", WHERE, parameters=True)
    except SqlError as error:
        raise _of_a_query(error) from error
    objects = objects_read(statement, product)
    _check_columns(statement, objects)
    of_filter = path.startswith("filters")
    for name in statement.parameters:
        if of_filter or name not in dashboard.parameters:
            raise _no_parameter(name, text, () if of_filter else tuple(dashboard.parameters))
    return Query(path, text, objects, statement.parameters)


@contextmanager
def binding(queries: Iterable[Query], tables: Tables) -> Iterator[TablesSession]:
    """A session over the columns that the contracts promise to these queries; it holds no row."""
    empty = {name: served.empty() for query in queries for name, served in query.objects.items()}
    with tables.tables(empty) as session:
        yield session


def bound_columns(query: Query, session: TablesSession) -> Mapping[str, str]:
    """The columns that a query returns and their types, as the engine binds it (see `binding`).

    Raises:
        SqlError: the engine refuses it.
    """
    nothing = dict.fromkeys(query.parameters) or None
    rows = session.query(query.text, WHERE, seconds=10, parameters=nothing, limit=0)
    return {field.name: str(field.type) for field in rows.schema}


def _check_columns(statement: Statement, objects: Mapping[str, Served]) -> None:
    schemas: Mapping[str, Sequence[str]] = columns_read(statement, objects)
    for lacking in unknown_columns(statement, schemas):
        known = schemas[lacking.key]
        close = get_close_matches(lacking.name, [name.lower() for name in known], 1)
        raise SqlError(
            f"`{lacking.key}` has no column `{lacking.name}`",
            line=lacking.line,
            column=lacking.column,
            way_out=f"did you mean `{close[0]}`?" if close else f"its columns are {', '.join(known)}",
        )


def _no_parameter(name: str, text: str, known: Sequence[str]) -> UnknownParameter:
    written = "?" if name == "?" else f"${name}"
    offset = text.find(written)
    line = text.count("\n", 0, offset) + 1 if offset >= 0 else None
    column = offset - text.rfind("\n", 0, offset) if offset >= 0 else None
    close = get_close_matches(name, known, 1)
    listed = ", ".join(f"${each}" for each in known)
    otherwise = f"its filters set {listed}" if known else "declare a filter that sets it"
    way_out = f"did you mean `${close[0]}`?" if close else otherwise
    return UnknownParameter(f"no filter sets `{written}`", line=line, column=column, way_out=way_out)


def _of_a_query(error: SqlError) -> SqlError:
    what = error.what.replace("a model", "a query").replace("the model", "the query")
    why = f": {error.why}" if error.why and what == error.what else ""
    return SqlError(f"{what}{why}", line=error.line, column=error.column, way_out="write one SELECT")
