"""Measure the checks of tables where they are: one scan a table, and a statement for every key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from meshwright.adapters.extraction.patterns import refusals
from meshwright.adapters.postgres.checks.faults import is_fault_of_check, reason
from meshwright.adapters.postgres.checks.predicates import Encoding
from meshwright.adapters.postgres.checks.probes import (
    KeyProbe,
    MemberProbe,
    OrphanProbe,
    Probe,
    QueryProbe,
    Relation,
    RowProbe,
    SpanProbe,
    probe,
)
from meshwright.adapters.postgres.checks.rules import run_rule
from meshwright.adapters.postgres.checks.sample import samples
from meshwright.model.check import CheckSpec, Measure
from meshwright.model.operators import satisfied
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Counts

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

RULE_SECONDS = 600.0
"""How long one rule in SQL may take, where the server allows no less."""

_MOST = 1_000
"""Aggregates of one statement; PostgreSQL allows for 1,664 columns."""

Found = tuple[Any, ...] | Exception
Answer = tuple[int, list[tuple[Any, ...]]]


class PostgresInspection:
    """Tables of one PostgreSQL as they are at one moment (`provisioning.ports.Inspection`).

    `connection` is inside a read-only transaction, and `relations` are by object name. Names are
    looked up in PostgreSQL's own catalogue only, so that no function of the database's users runs.
    """

    def __init__(self, connection: Connection, relations: Mapping[str, Relation], schema: str) -> None:
        self._connection = connection
        self._relations = relations
        self._schema = schema
        for name, value in _SETTINGS.items():
            self._run(f"SET LOCAL {name} = {value}")
        self._encoding = Encoding(str(self.ask("SELECT current_setting('server_encoding')")[0][0]))

    def measure(
        self,
        name: str,
        specs: Sequence[CheckSpec],
        objects: Mapping[str, str],
        columns: Mapping[str, ColumnType] | None = None,
        counts: Counts | None = None,
    ) -> Mapping[str, Measure]:
        """What each check finds in the object `name`.

        A check that cannot be computed has an error in its measure, and the others are still
        measured. Nothing is remembered: the rows of a table may change at any time.

        Raises:
            Error: the driver's, where the database does not answer any more.
        """
        relation = self._relations[name]
        others = {own: self._relations[other] for own, other in objects.items() if other in self._relations}
        probes = {spec.id: probe(spec, relation, others, self._encoding) for spec in specs}
        _refuse_patterns(specs, probes)
        asked = [one for one in probes.values() if not isinstance(one, Measure)]
        found = {key: one for key, one in probes.items() if isinstance(one, Measure)}
        rows = 0
        if asked or any(one.how == "proved" for one in found.values()):
            rows, counted = self._counted(relation, asked)
            for one in asked:
                found[one.spec.id] = replace(self._measured(one, counted, others, rows), rows=rows)
        for one in asked:
            if not isinstance(one, (QueryProbe, MemberProbe, SpanProbe)):
                found[one.spec.id] = self._sampled(relation, one, found[one.spec.id])
        return {spec.id: _with_rows(found[spec.id], rows) for spec in specs}

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a short answer."""
        return self._answer(statement)[1]

    def attempt(self, statement: str) -> Answer | Exception:
        """How many columns a statement has and its rows; or the fault of the check that asks for it."""
        from adbc_driver_manager.dbapi import Error

        self._run("SAVEPOINT one_check")
        try:
            answer = self._answer(statement)
        except Error as error:
            if not is_fault_of_check(error):
                raise
            self._run("ROLLBACK TO SAVEPOINT one_check")
            return error
        self._run("RELEASE SAVEPOINT one_check")
        return answer

    def _answer(self, statement: str) -> Answer:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return len(cursor.description or ()), list(cursor.fetchall())

    def _run(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def _first(self, statement: str) -> Found:
        found = self.attempt(statement)
        return found if isinstance(found, Exception) else found[1][0]

    def _counted(self, relation: Relation, asked: Iterable[Probe]) -> tuple[int, Mapping[str, Found]]:
        """The number of rows, and what every aggregate comes to, from one scan."""
        wanted: dict[str, None] = {}
        for one in asked:
            if isinstance(one, RowProbe):
                wanted[one.counted] = None
            elif isinstance(one, SpanProbe):
                wanted[one.end] = None
            elif isinstance(one, MemberProbe):
                wanted.update({one.parents: None, one.having: None})
        listed = list(wanted)
        source = f"FROM {relation.name} r"
        found: dict[str, Found] = {}
        rows = None
        for start in range(0, len(listed) or 1, _MOST):
            part = listed[start : start + _MOST]
            row = self._first(f"SELECT {', '.join(('count(*)', *part))} {source}")
            if isinstance(row, Exception):
                found.update((one, self._first(f"SELECT {one} {source}")) for one in part)
            else:
                rows = int(row[0])
                found.update((one, (value,)) for one, value in zip(part, row[1:], strict=True))
        if rows is None:
            rows = int(self.ask(f"SELECT count(*) {source}")[0][0])
        return rows, found

    def _measured(
        self,
        one: RowProbe | MemberProbe | KeyProbe | OrphanProbe | SpanProbe | QueryProbe,
        counted: Mapping[str, Found],
        others: Mapping[str, Relation],
        rows: int,
    ) -> Measure:
        if isinstance(one, RowProbe):
            count = counted[one.counted]
            if isinstance(count, Exception):
                return Measure(error=reason(count))
            return Measure(count[0]) if one.declared is None else _of_type(one.declared, count[0])
        if isinstance(one, MemberProbe):
            parents, having = counted[one.parents], counted[one.having]
            if isinstance(parents, Exception) or isinstance(having, Exception):
                fault = parents if isinstance(parents, Exception) else having
                assert isinstance(fault, Exception)
                return Measure(error=reason(fault))
            missing = parents[0] > 0 and having[0] == 0
            return Measure(1, found="in no object") if missing else Measure(0, found="in JSON")
        if isinstance(one, SpanProbe):
            end = counted[one.end]
            return (
                Measure(error=reason(end)) if isinstance(end, Exception) else Measure(end[0], found=one.kind)
            )
        if isinstance(one, QueryProbe):
            return self._rule(one.spec, others)
        row = self._first(one.statement)
        if isinstance(row, Exception):
            return Measure(error=reason(row))
        if isinstance(one, OrphanProbe):
            return Measure(row[0])
        incomplete = rows - row[0] if one.spec.kind == "primary_key" else 0
        return Measure(row[0] - row[1] + incomplete)

    def _rule(self, spec: CheckSpec, others: Mapping[str, Relation]) -> Measure:
        own = self.ask("SELECT setting FROM pg_settings WHERE name = 'statement_timeout'")
        limits = (int(own[0][0]), int(RULE_SECONDS * 1000))
        self._run(f"SET LOCAL statement_timeout = {min(limit for limit in limits if limit)}")
        found = run_rule(self.attempt, spec, others, self._schema)
        self._run("SET LOCAL statement_timeout TO DEFAULT")
        return found

    def _sampled(self, relation: Relation, one: RowProbe | KeyProbe | OrphanProbe, value: Measure) -> Measure:
        """The measure with some of the rows that make the check fail."""
        spec = one.spec
        if value.error or value.value in (0, None) or spec.kind == "type":
            return value
        if spec.arguments.get("metric") == "rowCount" or satisfied(spec.threshold, value.value, value.rows):
            return value
        return replace(value, samples=samples(self.ask, relation, one, spec.key, spec.withheld))


_SETTINGS: Mapping[str, str] = {
    "search_path": "pg_catalog",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "IntervalStyle": "postgres",
}
"""What the values of data and names of functions may depend on."""


def _of_type(declared: ColumnType, others: int) -> Measure:
    """A type is kept by all values or not at all."""
    if others == 0:
        return Measure(0, found=str(declared))
    rows = "1 row" if others == 1 else f"{others:,} rows"
    return Measure(1, found=f"other than {declared} in {rows}")


def _with_rows(value: Measure, rows: int) -> Measure:
    return replace(value, rows=rows) if value.how == "proved" and value.error is None else value


def _refuse_patterns(specs: Sequence[CheckSpec], probes: dict[str, Probe]) -> None:
    """Replace the probes of checks whose regular expression RE2 cannot run by an error."""
    patterns = {spec.id: str(spec.arguments["pattern"]) for spec in specs if "pattern" in spec.arguments}
    refused = refusals(patterns.values()) if patterns else {}
    for name, pattern in patterns.items():
        if pattern in refused and not (isinstance(one := probes[name], Measure) and one.skip):
            probes[name] = Measure(error=refused[pattern])
