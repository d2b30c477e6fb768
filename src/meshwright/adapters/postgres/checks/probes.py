"""What has to be asked of PostgreSQL for one check, before anything is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meshwright.adapters.extraction.exact import Inapplicable
from meshwright.adapters.extraction.scalars import literal
from meshwright.adapters.extraction.steps import NotThere, label, path_of
from meshwright.adapters.postgres.checks import documents
from meshwright.adapters.postgres.checks.paths import ROW, Place, Value, place, single
from meshwright.adapters.postgres.checks.predicates import Encoding, predicate
from meshwright.adapters.postgres.checks.shapes import UNBOUNDED, Shape
from meshwright.model.check import INFINITE, CheckSpec, Measure, Step
from meshwright.model.contract import ContractObject
from meshwright.model.types import ANY, INTEGERS, TEMPORAL, ColumnType, assignable, physical_length


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view: how it is called in SQL, its columns, and what the contract declares."""

    name: str
    columns: Mapping[str, Shape]
    obj: ContractObject

    def place(self, path: tuple[Step, ...]) -> Place:
        """Where a path leads to; see `paths.place`."""
        return place(self.columns, self.obj, path)


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of a sample: its label, its SQL, and the column it is in."""

    label: str
    value: str
    column: str


@dataclass(frozen=True, slots=True)
class RowProbe:
    """Rows that violate a check, one by one: `test` is true for them, `shown` what they hold.

    `declared` is set where the check is for the type of values in JSON: it is kept, or not, as a whole.
    """

    spec: CheckSpec
    test: str
    shown: tuple[Shown, ...] = ()
    declared: ColumnType | None = None

    @property
    def counted(self) -> str:
        """An aggregate: how many rows violate the check."""
        return "count(*)" if self.test == "true" else f"count(*) FILTER (WHERE {self.test})"


@dataclass(frozen=True, slots=True)
class MemberProbe:
    """A member of objects in JSON: `parents` counts rows with such an object, `having` those with it."""

    spec: CheckSpec
    parents: str
    having: str


@dataclass(frozen=True, slots=True)
class KeyProbe:
    """Values that may occur once only: `columns` of `source`, a FROM clause.

    `own` says that the source has a row for every unnested value.
    """

    spec: CheckSpec
    source: str
    columns: tuple[Value, ...]
    shown: tuple[Shown, ...]
    own: bool

    @property
    def complete(self) -> str:
        """A condition: all columns have a value."""
        return " AND ".join(value.is_filled for value in self.columns)

    @property
    def statement(self) -> str:
        """How many complete values there are, and how many different ones."""
        listed = ", ".join(value.plain for value in self.columns)
        grouped = f"SELECT count(*) AS n FROM {self.source} WHERE {self.complete} GROUP BY {listed}"
        return f"SELECT coalesce(sum(n), 0)::int8, count(*) FROM ({grouped}) g"


@dataclass(frozen=True, slots=True)
class OrphanProbe:
    """Rows that refer to nothing: `rows` is a FROM clause with its condition."""

    spec: CheckSpec
    rows: str
    shown: tuple[Shown, ...]
    own: bool

    @property
    def statement(self) -> str:
        """How many there are."""
        return f"SELECT count(*) FROM {self.rows}"


@dataclass(frozen=True, slots=True)
class SpanProbe:
    """The lowest or highest value of a column: `end` is an aggregate, in microseconds since 1970."""

    spec: CheckSpec
    end: str
    kind: str


@dataclass(frozen=True, slots=True)
class QueryProbe:
    """A rule in SQL."""

    spec: CheckSpec


Probe = RowProbe | MemberProbe | KeyProbe | OrphanProbe | SpanProbe | QueryProbe | Measure


def probe(spec: CheckSpec, relation: Relation, others: Mapping[str, Relation], encoding: Encoding) -> Probe:
    """How to measure a check, or its measure when the schema alone, or nothing, can tell."""
    if "error" in spec.arguments:
        return Measure(error=spec.arguments["error"])
    if "skip" in spec.arguments:
        return Measure(skip=spec.arguments["skip"])
    try:
        match spec.kind:
            case "present":
                return _presence(spec, relation)
            case "type":
                return _type(spec, relation)
            case "unique" | "primary_key":
                return _key(spec, relation)
            case "metric" if spec.arguments["metric"] == "duplicateValues":
                return _key(spec, relation)
            case "metric" if spec.arguments["metric"] == "rowCount":
                return RowProbe(spec, "true")
            case "relationship":
                return _orphans(spec, relation, others)
            case "service_level":
                return _span(spec, relation)
            case "sql":
                return QueryProbe(spec)
        return _rows(spec, relation, encoding)
    except NotThere as missing:
        if spec.kind in ("metric", "relationship"):
            return Measure(error=str(missing))
        return Measure(skip=f"{missing}: see the check for its presence")
    except Inapplicable as reason:
        return Measure(error=str(reason))


def _presence(spec: CheckSpec, relation: Relation) -> Probe:
    path = path_of(spec)
    try:
        found = relation.place(path)
    except NotThere as missing:
        return Measure(value=1, found=str(missing), how="proved")
    if len(path) == 1 or path[-1][0] != "field" or not found.value.document:
        return Measure(value=0, found=str(found.value.shape), how="proved")
    parent = relation.place(path[:-1])
    if not parent.value.document:
        return Measure(value=0, found=str(found.value.shape), how="proved")
    is_object = f"{documents.typeof(parent.value.sql)} = 'object'"
    return MemberProbe(spec, _count(parent.any(is_object)), _count(found.any(_has(parent, path[-1][1]))))


def _has(parent: Place, name: str) -> str:
    return f"jsonb_exists({parent.value.sql}, {literal(name)})"


def _span(spec: CheckSpec, relation: Relation) -> Probe:
    found = relation.place(path_of(spec))
    kind = found.value.shape.kind.kind
    if kind not in TEMPORAL or found.repeated or found.value.document:
        name = label(path_of(spec))
        raise Inapplicable(f"`{name}` is {found.value.shape}; only a date or a timestamp shows an age")
    end = f"{'max' if spec.arguments['end'] == 'highest' else 'min'}({found.value.sql})"
    micros = f"(extract(epoch FROM {end}) * 1000000)::int8"
    sign = f"CASE WHEN {end} > '1970-01-01' THEN {INFINITE} ELSE -{INFINITE} END"
    return SpanProbe(
        spec, f"CASE WHEN isfinite({end}) THEN {micros} WHEN {end} IS NOT NULL THEN {sign} END", kind
    )


def _count(test: str) -> str:
    return f"count(*) FILTER (WHERE {test})"


def _type(spec: CheckSpec, relation: Relation) -> Probe:
    found = relation.place(path_of(spec))
    declared: ColumnType = spec.arguments["type"]
    loose: frozenset[str] = spec.arguments.get("loose", frozenset())
    value = found.value
    if value.document:
        other = documents.is_other(value.sql, declared, loose)
        return RowProbe(spec, found.any(other), declared=declared)
    physical = spec.arguments.get("physical")
    fits = assignable(declared, loose, value.shape.kind)
    if value.shape.kind in (ANY, UNBOUNDED):  # no neutral type says it better than PostgreSQL's own
        fits = fits or (physical is not None and value.shape.is_called(physical))
    limit = physical_length(physical) if physical is not None else None
    if fits and limit is not None and value.shape.holds_longer_than(limit):
        unlimited = value.shape.length is None
        return Measure(value=1, found=f"{value.shape}{' of any length' if unlimited else ''}", how="proved")
    if fits and value.shape.kind.kind == "list":
        # All arrays of a type share it, however many dimensions they have.
        return RowProbe(spec, found.any(f"array_ndims({value.sql}) > 1"), declared=declared)
    return Measure(value=0 if fits else 1, found=str(value.shape), how="proved")


def _rows(spec: CheckSpec, relation: Relation, encoding: Encoding) -> Probe:
    of_null = spec.kind == "required" or spec.arguments.get("metric") in ("nullValues", "missingValues")
    tests: list[str] = []
    shown: list[Shown] = []
    for path in spec.arguments.get("paths", (path_of(spec),)):
        found = relation.place(path)
        test = predicate(spec, found.value, encoding)
        if of_null and found.parents:
            test = f"({found.there} AND {test})"
        tests.append(test if test == "false" else found.any(test))
        shown.append(Shown(label(path), found.first(test), path[0][1]))
    if tests == ["false"]:
        return Measure(how="proved")
    either = tests[0] if len(tests) == 1 else f"({' OR '.join(tests)})"
    return RowProbe(spec, either, tuple(shown))


def _values(
    relation: Relation, paths: tuple[tuple[Step, ...], ...]
) -> tuple[str, tuple[Value, ...], tuple[Shown, ...], bool]:
    """A FROM clause, the values at the paths in it, what to show of them, and whether it unnests."""
    found = [relation.place(path) for path in paths]
    repeated = len(found) == 1 and found[0].repeated
    source = found[0].beside(relation.name) if repeated else f"{relation.name} {ROW}"
    values = (found[0].value,) if repeated else tuple(single(one) for one in found)
    shown = tuple(
        Shown(label(path), value.readable, path[0][1]) for path, value in zip(paths, values, strict=True)
    )
    return source, values, shown, repeated


def _key(spec: CheckSpec, relation: Relation) -> Probe:
    paths = spec.arguments.get("paths")
    if spec.kind == "primary_key":
        paths = tuple((("field", name),) for name in spec.arguments["columns"])
    source, values, shown, own = _values(relation, paths or (path_of(spec),))
    return KeyProbe(spec, source, values, shown, own)


def _orphans(spec: CheckSpec, relation: Relation, others: Mapping[str, Relation]) -> Probe:
    other = others.get(spec.arguments["to_object"])
    if other is None:
        return Measure(skip=f"the data of `{spec.arguments['to_object']}` are not available here")
    source, values, shown, own = _values(relation, spec.arguments["from"])
    there_source, there, _, _ = _values(other, spec.arguments["to"])
    for here, target in zip(values, there, strict=True):
        _check_comparable(here, target)
    targets = ", ".join(f"{value.plain} AS t{i}" for i, value in enumerate(there))
    same = " AND ".join(f"{value.plain} = o.t{i}" for i, value in enumerate(values))
    complete = " AND ".join(value.is_filled for value in values)
    rows = (
        f"{source} WHERE {complete} "
        f"AND NOT EXISTS (SELECT 1 FROM (SELECT {targets} FROM {there_source}) o WHERE {same})"
    )
    return OrphanProbe(spec, rows, shown, own)


def _check_comparable(here: Value, there: Value) -> None:
    """Refuse to compare numbers that PostgreSQL would round first.

    Raises:
        Inapplicable: one is exact and the other is not.
    """
    kinds = {here.kind.kind, there.kind.kind}
    if kinds & {"float", "double"} and kinds & {*INTEGERS, "decimal"}:
        raise Inapplicable(f"PostgreSQL compares {here.shape} with {there.shape} after rounding")
