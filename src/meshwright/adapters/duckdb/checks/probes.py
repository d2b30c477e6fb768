"""What has to be asked of DuckDB for one check, before anything is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from meshwright.adapters.duckdb.checks import paths
from meshwright.adapters.duckdb.checks.literals import text
from meshwright.adapters.duckdb.checks.predicates import predicate
from meshwright.adapters.extraction.exact import Inapplicable
from meshwright.adapters.extraction.judging import Misfit
from meshwright.adapters.extraction.steps import NotThere, label, path_of
from meshwright.model.check import INFINITE, CheckSpec, Measure, Step
from meshwright.model.types import TEMPORAL, ColumnType, assignable
from meshwright.sql.duckdb_types import quote_identifier

NONE: Mapping[tuple[Step, ...], Misfit] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of a sample: its label, its SQL, the column it is in, and its type."""

    label: str
    value: str
    column: str
    kind: ColumnType


@dataclass(frozen=True, slots=True)
class RowProbe:
    """Rows that violate a check, one by one: `test` is true for them, `shown` what they hold.

    `counted` is the aggregate that counts them. `column` is the one top-level column that the
    test reads, None where it reads several or looks inside one; `of_nulls` says that the test is
    whether that column is null, `true_for_null` that null is among what it is true for. `cheap`
    is an aggregate that is zero only where no row violates the check, and costs less.
    """

    spec: CheckSpec
    test: str
    counted: str
    shown: tuple[Shown, ...] = ()
    column: str | None = None
    of_nulls: bool = False
    true_for_null: bool = False
    cheap: str | None = None


@dataclass(frozen=True, slots=True)
class KeyProbe:
    """Values that may occur once only: `columns` of `source`, a FROM clause.

    `own` says that the source is not the relation itself but its unnested values. `names` are the
    top-level columns, where the values are such. `misfit` is true for a row of the relation in which
    one of the values is not of its type.
    """

    spec: CheckSpec
    source: str
    columns: tuple[str, ...]
    shown: tuple[Shown, ...]
    own: bool
    names: tuple[str, ...] = ()
    misfit: str | None = None

    @property
    def spared(self) -> str | None:
        """An aggregate: rows without a complete value only because one in it is not of its type."""
        return f"count_if(NOT ({self.complete}) AND ({self.misfit}))" if self.misfit else None

    @property
    def filled(self) -> str:
        """An aggregate: the rows of the source where all columns have a value."""
        if len(self.columns) == 1:
            return f"count({self.columns[0]})"
        return f"count_if({self.complete})"

    @property
    def complete(self) -> str:
        """A condition: all columns have a value."""
        return " AND ".join(f"{column} IS NOT NULL" for column in self.columns)

    @property
    def counted(self) -> str:
        """The aggregate for what `distinct` asks: for rows that cost more to read again."""
        one = self.columns[0] if len(self.columns) == 1 else f"({', '.join(self.columns)})"
        return f"count(DISTINCT {one}) FILTER (WHERE {self.complete})"

    @property
    def distinct(self) -> str:
        """A query: how many different complete values there are."""
        listed = ", ".join(self.columns)
        return f"SELECT count(*) FROM (SELECT 1 FROM {self.source} WHERE {self.complete} GROUP BY {listed})"


def from_name(index: int) -> str:
    """How a referring column is called among the orphans."""
    return quote_identifier(f"__from{index}")


def target_name(index: int) -> str:
    """How a column that is referred to is called."""
    return quote_identifier(f"__to{index}")


@dataclass(frozen=True, slots=True)
class OrphanProbe:
    """Rows that refer to nothing: `columns` of `source` against `targets` of relation `other`.

    `names` and `target_names` are the top-level columns on both sides, where all values are such.
    """

    spec: CheckSpec
    source: str
    columns: tuple[str, ...]
    other: str
    targets: tuple[str, ...]
    shown: tuple[Shown, ...]
    own: bool
    names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()

    @property
    def counted(self) -> str:
        """A query: how many complete rows find no partner."""
        return f"SELECT count(*) FROM {self.rows}"

    @property
    def rows(self) -> str:
        """A FROM clause with its condition: the complete rows that find no partner."""
        complete = " AND ".join(f"l.{name} IS NOT NULL" for name, _ in self._named)
        same = " AND ".join(f"l.{name} = r.{target_name(i)}" for i, (name, _) in enumerate(self._named))
        listed = ", ".join(f"{column} AS {name}" for name, column in self._named)
        rest = "" if self.own else "*, "
        targets = ", ".join(f"{column} AS {target_name(i)}" for i, column in enumerate(self.targets))
        return (
            f"(SELECT {rest}{listed} FROM {self.source}) l "
            f"ANTI JOIN (SELECT {targets} FROM {self.other}) r ON {same} WHERE {complete}"
        )

    @property
    def _named(self) -> list[tuple[str, str]]:
        return [(from_name(index), column) for index, column in enumerate(self.columns)]


@dataclass(frozen=True, slots=True)
class SpanProbe:
    """The lowest or highest value of a column: `end` is an aggregate, in microseconds since 1970."""

    spec: CheckSpec
    end: str
    highest: bool
    kind: str


@dataclass(frozen=True, slots=True)
class QueryProbe:
    """A rule in SQL; `merged` is the aggregate over the relation that comes to the same, if there is one."""

    spec: CheckSpec
    merged: str | None = None


Misfits = Mapping[tuple[Step, ...], Misfit]
"""The places at which rows can hold a value that is not of its type."""

Probe = RowProbe | KeyProbe | OrphanProbe | SpanProbe | QueryProbe | Measure


def probe(
    spec: CheckSpec,
    relation: str,
    columns: Mapping[str, ColumnType],
    objects: Mapping[str, str],
    misfits: Misfits = NONE,
) -> Probe:
    """How to measure a check, or its measure when the schema alone, or nothing, can tell."""
    if "error" in spec.arguments:
        return Measure(error=spec.arguments["error"])
    if "skip" in spec.arguments:
        return Measure(skip=spec.arguments["skip"])
    try:
        match spec.kind:
            case "type" if path_of(spec) in misfits:
                return _of_values(spec, columns, misfits[path_of(spec)])
            case "present" | "type":
                return _of_schema(spec, columns)
            case "unique" | "primary_key":
                return _key(spec, relation, columns, misfits)
            case "metric" if spec.arguments["metric"] == "duplicateValues":
                return _key(spec, relation, columns, misfits)
            case "metric" if spec.arguments["metric"] == "rowCount":
                return RowProbe(spec, "true", "count(*)")
            case "relationship":
                return _orphans(spec, relation, columns, objects)
            case "service_level":
                return _span(spec, columns)
            case "sql":
                return QueryProbe(spec)
        return _rows(spec, columns, misfits)
    except NotThere as missing:
        if spec.kind in ("metric", "relationship"):
            return Measure(error=str(missing))
        return Measure(skip=f"{missing}: see the check for its presence")
    except Inapplicable as reason:
        return Measure(error=str(reason))


def _of_schema(spec: CheckSpec, columns: Mapping[str, ColumnType]) -> Measure:
    path = path_of(spec)
    try:
        found = paths.type_at(columns, path)
    except NotThere as missing:
        if spec.kind == "present":
            return Measure(value=1, found=str(missing), how="proved")
        return Measure(skip=f"{missing}: see the check for its presence")
    if spec.kind == "present":
        return Measure(value=0, found=str(found), how="proved")
    declared: ColumnType = spec.arguments["type"]
    fits = assignable(declared, spec.arguments.get("loose", frozenset()), found)
    if spec.arguments.get("json") and found.kind == "string":
        fits = True  # an object whose parts nobody declared is stored as JSON text
    return Measure(value=0 if fits else 1, found=str(found), how="proved")


def _of_values(spec: CheckSpec, columns: Mapping[str, ColumnType], misfit: Misfit) -> Probe:
    """Text is read in the declared types: the rows tell whether it is of them."""
    path = path_of(spec)
    paths.type_at(columns, path)
    shown = Shown(label(path), misfit.shown, path[0][1], ColumnType("string"))
    return RowProbe(spec, misfit.test, misfit.counted, (shown,))


def _rows(spec: CheckSpec, columns: Mapping[str, ColumnType], misfits: Misfits) -> Probe:
    of_null = spec.kind == "required" or spec.arguments.get("metric") in ("nullValues", "missingValues")
    tests: list[str] = []
    shown: list[Shown] = []
    found = spec.arguments.get("paths", (path_of(spec),))
    for path in found:
        kind = paths.type_at(columns, path)
        test = predicate(spec, kind)
        violated = paths.any_value(path, test, of_null)
        misfit = misfits.get(path)
        if of_null and misfit is not None and misfit.possible:  # null only because it is not of its type
            if misfit.found is not None and violated == f"{paths.column(path)} IS NULL":
                violated = f"{misfit.found} IS NULL"
            else:
                violated = f"({violated} AND NOT ({misfit.test}))"
        tests.append(violated)
        value = paths.first_value(path, test, of_null)
        shown.append(Shown(label(path), value, path[0][1], kind))
    if tests == ["false"]:
        return Measure(how="proved")
    either = tests[0] if len(tests) == 1 else f"({' OR '.join(tests)})"
    column = paths.column(found[0])
    if len(found) == 1 and found[0] in misfits and misfits[found[0]].possible:  # it is there all the same
        column = misfits[found[0]].found or column
    null_column = f"{column} IS NULL"
    counted = f"count_if({either})"
    if either == null_column:
        counted = f"count(*) - count({column})"
    alone = found[0][0][1] if len(found) == 1 and len(found[0]) == 1 else None
    cheap = _cheaper(spec, paths.column(found[0]), kind) if alone is not None else None
    return RowProbe(spec, either, counted, tuple(shown), alone, either == null_column, of_null, cheap)


def _cheaper(spec: CheckSpec, column: str, kind: ColumnType) -> str | None:
    """A text that is too long has too many bytes."""
    if spec.kind != "length" or kind.kind != "string" or "minLength" in spec.arguments:
        return None
    return f"count_if(strlen({column}) > {int(spec.arguments['maxLength'])})"


def _values(
    found: tuple[tuple[Step, ...], ...], relation: str, columns: Mapping[str, ColumnType]
) -> tuple[str, tuple[str, ...], tuple[Shown, ...], bool]:
    """A FROM clause, the values at the paths in it, what to show of them, and whether it unnests."""
    kinds = [paths.type_at(columns, path) for path in found]
    repeated = len(found) == 1 and paths.is_repeated(found[0])
    source = relation
    if repeated:
        source = f"(SELECT unnest({paths.all_values(found[0])}) AS v FROM {relation})"
    values = ("v",) if repeated else tuple(paths.single_value(path) for path in found)
    shown = tuple(
        Shown(label(path), value, path[0][1], kind)
        for path, value, kind in zip(found, values, kinds, strict=True)
    )
    return source, values, shown, repeated


def _key(spec: CheckSpec, relation: str, columns: Mapping[str, ColumnType], misfits: Misfits) -> Probe:
    found = spec.arguments.get("paths")
    if spec.kind == "primary_key":
        found = tuple((("field", name),) for name in spec.arguments["columns"])
    found = found or (path_of(spec),)
    source, values, shown, own = _values(found, relation, columns)
    plain = all(len(path) == 1 for path in found)
    names = tuple(path[0][1] for path in found) if plain else ()
    wrong = [one.test for path in found if (one := misfits.get(path)) and one.possible] if plain else []
    return KeyProbe(spec, source, values, shown, own, names, " OR ".join(wrong) or None)


def _orphans(
    spec: CheckSpec, relation: str, columns: Mapping[str, ColumnType], objects: Mapping[str, str]
) -> Probe:
    other = objects.get(spec.arguments["to_object"])
    if other is None:
        return Measure(skip=f"the data of `{spec.arguments['to_object']}` are not available here")
    source, values, shown, own = _values(spec.arguments["from"], relation, columns)
    targets: tuple[tuple[Step, ...], ...] = spec.arguments["to"]
    if len(targets) == 1 and paths.is_repeated(targets[0]):
        other = f"(SELECT unnest({paths.all_values(targets[0])}) AS v FROM {other})"
        there: tuple[str, ...] = ("v",)
    else:
        there = tuple(paths.single_value(path) for path in targets)
    found: tuple[tuple[Step, ...], ...] = spec.arguments["from"]
    plain = all(len(path) == 1 for path in (*found, *targets))
    names = tuple(path[0][1] for path in found) if plain else ()
    target_names = tuple(path[0][1] for path in targets) if plain else ()
    return OrphanProbe(spec, source, values, other, there, shown, own, names, target_names)


def _span(spec: CheckSpec, columns: Mapping[str, ColumnType]) -> Probe:
    path = path_of(spec)
    kind = paths.type_at(columns, path).kind
    if kind not in TEMPORAL:
        raise Inapplicable(f"`{label(path)}` is {kind}; only a date or a timestamp shows an age")
    highest = spec.arguments["end"] == "highest"
    end = f"{'max' if highest else 'min'}({paths.single_value(path)})"
    sign = f"CASE WHEN {end} > '1970-01-01' THEN {INFINITE} ELSE -{INFINITE} END"
    return SpanProbe(spec, f"CASE WHEN isinf({end}) THEN {sign} ELSE epoch_us({end}) END", highest, kind)


def pattern_of(spec: CheckSpec) -> str | None:
    """The regular expression of a check, as a literal."""
    pattern = spec.arguments.get("pattern")
    return None if pattern is None or spec.kind not in ("pattern", "metric") else text(str(pattern))
