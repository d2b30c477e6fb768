"""Nested values as SQL expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from meshwright.adapters.duckdb.checks.literals import text
from meshwright.adapters.extraction.exact import Inapplicable
from meshwright.adapters.extraction.steps import no_such_part, not_there
from meshwright.model.check import Step
from meshwright.model.types import ANY, ColumnType
from meshwright.sql.duckdb_types import quote_identifier


def type_at(columns: Mapping[str, ColumnType], path: Sequence[Step]) -> ColumnType:
    """The type of the value that a path leads to.

    Raises:
        NotThere: there is no such column or field.
    """
    kind = ColumnType("struct", fields=tuple(columns.items()))
    for step, name in path:
        kind = _part(kind, step, name)
    return kind


def _part(kind: ColumnType, step: str, name: str) -> ColumnType:
    if kind.kind == "struct" and step == "field":
        for field, inner in kind.fields:
            if field == name:
                return inner
        raise not_there(name, [field for field, _ in kind.fields])
    if kind.kind == "list" and step == "items":
        return kind.item or ANY
    if kind.kind == "map" and step in ("values", "keys"):
        return (kind.item if step == "values" else kind.key) or ANY
    raise no_such_part(kind, step, name)


def column(path: Sequence[Step]) -> str:
    """The top-level column of a path, quoted."""
    return quote_identifier(path[0][1])


def field(value: str, name: str) -> str:
    """A field of a struct; never mistaken for a column of a relation."""
    return f"struct_extract({value}, {text(name)})"


def any_value(path: Sequence[Step], test: Callable[[str], str], of_null: bool = False) -> str:
    """SQL that is true when a value at the end of the path meets `test`.

    `of_null` says that `test` is true for null: a field of a null struct is then left alone.
    """
    return _any(column(path), path[1:], test, of_null, 0)


def _any(value: str, rest: Sequence[Step], test: Callable[[str], str], of_null: bool, depth: int) -> str:
    if not rest:
        return test(value)
    (step, name), rest = rest[0], rest[1:]
    if step == "field":
        found = _any(field(value, name), rest, test, of_null, depth)
        return f"({value} IS NOT NULL AND {found})" if of_null else found
    item = f"i{depth}"
    inner = _any(item, rest, test, of_null, depth + 1)
    return f"len(list_filter({_items(value, step)}, lambda {item}: {inner})) > 0"


def first_value(path: Sequence[Step], test: Callable[[str], str], of_null: bool = False) -> str:
    """The first value at the end of the path that meets `test`, in a row that has one."""
    value, depth = column(path), 0
    rest = tuple(path[1:])
    while rest:
        (step, name), rest = rest[0], rest[1:]
        if step == "field":
            value = field(value, name)
            continue
        item = f"i{depth}"
        inner = _any(item, rest, test, of_null, depth + 1)
        value = f"list_filter({_items(value, step)}, lambda {item}: {inner})[1]"
        depth += 1
    return value


def _items(value: str, step: str) -> str:
    return {"items": value, "values": f"map_values({value})", "keys": f"map_keys({value})"}[step]


def is_repeated(path: Sequence[Step]) -> bool:
    """Whether a row may hold several values at the end of the path."""
    return any(step != "field" for step, _ in path)


def all_values(path: Sequence[Step]) -> str:
    """All values at the end of a path of a row, as one list."""
    return _all(column(path), path[1:], 0)


def _all(value: str, rest: Sequence[Step], depth: int) -> str:
    if not rest:
        return value
    (step, name), rest = rest[0], rest[1:]
    if step == "field":
        return _all(field(value, name), rest, depth)
    item = f"i{depth}"
    inner = _all(item, rest, depth + 1)
    listed = _items(value, step)
    mapped = listed if inner == item else f"list_transform({listed}, lambda {item}: {inner})"
    return f"flatten({mapped})" if is_repeated(rest) else mapped


def single_value(path: Sequence[Step]) -> str:
    """The one value at the end of a path of fields.

    Raises:
        Inapplicable: the path leads through an array or a map.
    """
    if is_repeated(path):
        raise Inapplicable("several columns together cannot include items of an array or a map")
    value = column(path)
    for _, name in path[1:]:
        value = field(value, name)
    return value
