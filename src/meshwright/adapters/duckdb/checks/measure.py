"""Measure the checks of one relation in as few statements as there can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from meshwright.adapters.duckdb.checks.faults import reason
from meshwright.adapters.duckdb.checks.footers import read_footers
from meshwright.adapters.duckdb.checks.keys import distinct_keys
from meshwright.adapters.duckdb.checks.memory import CountsByFile
from meshwright.adapters.duckdb.checks.merging import merged_rule
from meshwright.adapters.duckdb.checks.orphans import orphans_by_file
from meshwright.adapters.duckdb.checks.parts import Parts
from meshwright.adapters.duckdb.checks.probes import (
    KeyProbe,
    Misfits,
    OrphanProbe,
    Probe,
    QueryProbe,
    RowProbe,
    SpanProbe,
    pattern_of,
    probe,
)
from meshwright.adapters.duckdb.checks.sample import samples
from meshwright.adapters.duckdb.checks.sandbox import run_rule
from meshwright.adapters.duckdb.checks.spans import measure_spans
from meshwright.adapters.duckdb.checks.tally import (
    ROWS,
    Found,
    Tally,
    evaluate,
    tally,
    tally_parts,
    wanted_of,
)
from meshwright.adapters.duckdb.checks.texts import tally_text
from meshwright.adapters.extraction.patterns import refusal
from meshwright.model.check import CheckSpec, Measure
from meshwright.model.operators import satisfied
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Counts

SMALL = 100_000
"""Up to so many rows a scan costs less than reading statistics, and all keys and relationships are
asked for in one statement."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A relation that is judged: its SQL identifier, and its columns by name.

    `parts` are its files, where it is made of such: what their statistics prove is not read. `few`
    says that it has at most `SMALL` rows. `misfits` is for text: the rows that hold a value which is
    not of its type; `doubts` are aggregates by column: unless all are zero, nothing is told.
    """

    relation: str
    columns: Mapping[str, ColumnType]
    parts: Parts | None = None
    few: bool = False
    misfits: Misfits | None = None
    doubts: Mapping[str, str] = field(default_factory=dict)


def measure(
    connection: duckdb.DuckDBPyConnection,
    judged: Judged,
    specs: Sequence[CheckSpec],
    objects: Mapping[str, str],
    counts: Counts | None = None,
    others: Mapping[str, Callable[[], Parts | None]] | None = None,
) -> dict[str, Measure]:
    """What each check finds in a relation, by the check's id.

    The values of `objects` (by object name) are SQL identifiers of relations in `connection`. All
    checks on rows are counted in one scan. Failed checks come with up to five failing rows: the
    columns of the key and the offending value, without withheld columns. A check that cannot be
    computed has an error in its measure, and the others are still measured.

    What `counts` remembers of the relation's files is not read. `others` gives the files of other
    relations. Rules in SQL over text read the object's relation in `objects`, or are counted with
    the rest where they count rows.

    Raises:
        Doubted: some doubts about text are not zero.
        duckdb.Error: the data cannot be read, memory or disk is exhausted, or the connection is
            interrupted.
    """
    relation, columns, misfits = judged.relation, judged.columns, judged.misfits
    probes = {spec.id: probe(spec, relation, columns, objects, misfits or {}) for spec in specs}
    if misfits is not None:
        _merge_rules(connection, probes, columns, objects)
    _reject_patterns(connection, specs, probes)
    found: dict[str, Measure] = {name: one for name, one in probes.items() if isinstance(one, Measure)}
    asked = [one for one in probes.values() if not isinstance(one, Measure)]
    rows = 0
    if any(one.how == "proved" for one in found.values()) or asked:
        parts = judged.parts
        memory = CountsByFile(counts, parts, wanted_of(asked)) if parts is not None and parts.files else None
        if misfits is None:
            tallies = _tallies(connection, judged, asked, memory, others or {})
        else:
            tallies = tally_text(connection, relation, asked, judged.doubts)
        counted_rows = tallies[ROWS].value
        assert isinstance(counted_rows, int)
        rows = counted_rows
        found.update(_keys_and_orphans(connection, asked, rows, tallies))
        spans = [one for one in asked if isinstance(one, SpanProbe)]
        found.update(measure_spans(connection, relation, spans, rows, memory))
        for one in asked:
            if isinstance(one, RowProbe):
                found[one.spec.id] = _as_measure(one.spec, tallies[one.counted], rows)
            elif isinstance(one, QueryProbe):
                merged = tallies[one.merged].value if one.merged is not None else None
                if isinstance(merged, int):
                    found[one.spec.id] = Measure(merged, rows)
                    continue
                own = relation if misfits is None else objects[one.spec.object]
                value = run_rule(connection, own, one.spec, objects, memory)
                found[one.spec.id] = replace(value, rows=rows)
    for one in asked:
        spec, value = one.spec, found[one.spec.id]
        if isinstance(one, QueryProbe | SpanProbe) or value.error or value.value in (0, None):
            continue
        if spec.arguments.get("metric") == "rowCount" or satisfied(spec.threshold, value.value, rows):
            continue
        listed = samples(connection, relation, one, spec.key, set(spec.withheld), columns)
        found[spec.id] = replace(value, samples=listed)
    return {spec.id: _counted_rows(found[spec.id], rows) for spec in specs}


def _tallies(
    connection: duckdb.DuckDBPyConnection,
    judged: Judged,
    asked: Sequence[Probe],
    memory: CountsByFile | None,
    others: Mapping[str, Callable[[], Parts | None]],
) -> dict[str, Tally]:
    """What all aggregates come to, keys of few rows among them.

    Over files also what the queries for keys and relationships do.
    """
    if memory is None:
        keys = [one for one in asked if judged.few and isinstance(one, KeyProbe) and not one.own]
        wanted = {**wanted_of(asked), **dict.fromkeys(one.counted for one in keys)}
        found = tally(connection, judged.relation, wanted)
        return {**found, **{one.distinct: found[one.counted] for one in keys}}
    footers = read_footers(connection, memory.parts)
    tallies = tally_parts(connection, footers, memory)
    for one in asked:
        if isinstance(one, KeyProbe) and one.names and one.distinct not in tallies:
            tallies[one.distinct] = distinct_keys(connection, one, footers, memory)
        elif isinstance(one, OrphanProbe) and one.names and one.other in others:
            theirs = others[one.other]()
            if theirs is not None and theirs.files:
                tallies[one.counted] = orphans_by_file(connection, one, footers, memory, theirs)
    return tallies


def _merge_rules(
    connection: duckdb.DuckDBPyConnection,
    probes: dict[str, Probe],
    columns: Mapping[str, ColumnType],
    objects: Mapping[str, str],
) -> None:
    """Have rules that count rows counted in the one scan."""
    for name, one in probes.items():
        if isinstance(one, QueryProbe):
            merged = merged_rule(connection, objects[one.spec.object], one.spec, objects, columns)
            probes[name] = replace(one, merged=merged)


def _counted_rows(value: Measure, rows: int) -> Measure:
    return replace(value, rows=rows) if value.how == "proved" and value.error is None else value


def _keys_and_orphans(
    connection: duckdb.DuckDBPyConnection,
    asked: Iterable[Probe],
    rows: int,
    tallies: Mapping[str, Tally],
) -> dict[str, Measure]:
    wanted: dict[str, None] = {}
    for one in asked:
        if isinstance(one, KeyProbe):
            if one.distinct not in tallies:
                wanted[one.distinct] = None
            if one.own:
                wanted[f"SELECT {one.filled} FROM {one.source}"] = None
        elif isinstance(one, OrphanProbe) and one.counted not in tallies:
            wanted[one.counted] = None
    listed = list(wanted)
    step = len(listed) if rows <= SMALL else 1
    values: dict[str, Found] = {}
    for start in range(0, len(listed), step or 1):
        part = listed[start : start + step]
        values.update(zip(part, evaluate(connection, [f"({query})" for query in part], ""), strict=True))
    found: dict[str, Measure] = {}
    for one in asked:
        if isinstance(one, KeyProbe):
            own = f"SELECT {one.filled} FROM {one.source}"
            filled = values[own] if one.own else tallies[one.filled].value
            distinct = tallies.get(one.distinct) or Tally(values[one.distinct])
            spared = tallies[one.spared].value if one.spared else 0
            found[one.spec.id] = _surplus(one, filled, spared, distinct, rows)
        elif isinstance(one, OrphanProbe):
            orphans = tallies.get(one.counted) or Tally(values[one.counted])
            found[one.spec.id] = _as_measure(one.spec, orphans, rows)
    return found


def _surplus(one: KeyProbe, filled: Found, spared: Found, distinct: Tally, rows: int) -> Measure:
    """Rows that repeat a value; for a primary key those without a complete one too.

    `spared` are rows without one because a value in it is not of its type.
    """
    if isinstance(filled, duckdb.Error):
        return _as_measure(one.spec, Tally(filled), rows)
    if isinstance(spared, duckdb.Error):
        return _as_measure(one.spec, Tally(spared), rows)
    if isinstance(distinct.value, duckdb.Error):
        return _as_measure(one.spec, distinct, rows)
    incomplete = rows - filled - spared if one.spec.kind == "primary_key" else 0
    return Measure(filled - distinct.value + incomplete, rows, how=distinct.how)


def _as_measure(spec: CheckSpec, tally: Tally, rows: int) -> Measure:
    if isinstance(tally.value, duckdb.Error):
        return Measure(rows=rows, error=reason(tally.value))
    return Measure(tally.value, rows, how=tally.how)


def _reject_patterns(
    connection: duckdb.DuckDBPyConnection, specs: Iterable[CheckSpec], probes: dict[str, Probe]
) -> None:
    """Replace the probes of checks whose regular expression RE2 cannot run by an error."""
    patterns: dict[str, list[CheckSpec]] = {}
    for spec in specs:
        literal = pattern_of(spec)
        if literal is not None and isinstance(probes[spec.id], RowProbe):
            patterns.setdefault(literal, []).append(spec)
    tests = [f"regexp_matches('', {literal})::INT" for literal in patterns]
    for value, owners in zip(evaluate(connection, tests, ""), patterns.values(), strict=True):
        if isinstance(value, duckdb.Error):
            for spec in owners:
                probes[spec.id] = Measure(error=refusal(str(spec.arguments["pattern"]), value))
