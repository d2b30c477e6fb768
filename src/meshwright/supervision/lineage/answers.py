"""Answers about lineage: what a column or table comes from, what comes from it, what would break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from meshwright.model.lineage import ANY, MEANING, ROWS, kind_of
from meshwright.sql.derivation import COMPOSED
from meshwright.supervision.lineage.edges import Place, Table, Tables
from meshwright.supervision.lineage.find import Found
from meshwright.supervision.lineage.graph import CARRIES, PART, LineageGraph, Step


@dataclass(frozen=True, slots=True)
class Related:
    """A column that another one comes from, or that comes from it: a shortest path, in its direction."""

    place: Place
    distance: int
    how: int
    path: tuple[Step, ...]

    def as_json(self) -> dict[str, Any]:
        """It as plain data."""
        subtype, masking = MEANING[self.how]
        return {
            "address": self.place.address,
            "object": self.place.object,
            "column": self.place.column or None,
            "distance": self.distance,
            "kind": kind_of(subtype),
            "how": subtype,
            "masking": masking,
            "path": [step_as_json(step) for step in self.path],
        }


def step_as_json(step: Step) -> dict[str, Any]:
    """One edge of a path as plain data."""
    return {
        "from": str(step.source),
        "to": str(step.target),
        "how": "part" if step.how == PART else MEANING[step.how][0],
        "model": step.model or None,
        "origin": "computed" if step.job is None else "told",
        "job": step.job or None,
    }


def related_columns(graph: LineageGraph, found: Found, downstream: bool, indirect: bool) -> Iterator[Related]:
    """The columns downstream or upstream of a column (or of all of a table), nearest first.

    Rows of tables are passed through; they are told where a value is made from them, as by `count(*)`. A
    table of which no column is known is told as `*`.
    """
    starts = [
        number for table in found.tables for number in graph.starts(table.address, table.object, found.column)
    ]
    reach = graph.reach(starts, downstream, indirect)
    for level in reach.levels[1:]:
        for number in sorted(level, key=graph.places.__getitem__):
            place = graph.places[number]
            if (place.column == ANY and graph.has_columns(place)) or (place.column == ROWS and downstream):
                continue
            path = reach.path(number)
            if place.column == ROWS and not (path[0].how < PART and CARRIES[path[0].how]):
                continue
            yield Related(place, sum(step.how != PART for step in path), _composed(path), tuple(path))


def _composed(path: list[Step]) -> int:
    """What becomes of the first place in the last one."""
    how = 0
    for step in path:
        if step.how != PART:
            how = COMPOSED[step.how][how]
        elif step.source.column == ROWS and CARRIES[how]:
            how = next(n for n, (subtype, _) in enumerate(MEANING) if subtype == "rows")
    return how


@dataclass(frozen=True, slots=True)
class Broken:
    """A product that names a dropped column: the models that do, and the columns that they make of it."""

    product: str
    models: tuple[str, ...]
    columns: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """What dropping a column does.

    `broken` are the products whose models name it, `unsure` those that may, where that cannot be told;
    `later` the columns further downstream that change or are missed then.
    """

    broken: tuple[Broken, ...]
    unsure: tuple[Broken, ...]
    later: tuple[Related, ...]


@dataclass(slots=True)
class _Hit:
    models: dict[str, None] = field(default_factory=dict)
    columns: dict[Place, None] = field(default_factory=dict)


def impact_of(graph: LineageGraph, found: Found, tables: Tables, indirect: bool = True) -> Impact:
    """What breaks when a column, or a whole table, is dropped."""
    products = {table.address: str(table.product) for table in tables.values() if table.product is not None}
    starts = [
        number for table in found.tables for number in graph.starts(table.address, table.object, found.column)
    ]
    hits: dict[bool, dict[str, _Hit]] = {True: {}, False: {}}
    for one in starts:
        for other, how in graph.after(one, indirect):
            steps = [(other, how)]
            if how == PART:  # a field of it, or any column: what reads those reads it
                steps = [step for step in graph.after(other, indirect) if step[1] != PART]
            for target, made in steps:
                place = graph.places[target]
                if made >= PART or place.address not in products:
                    continue
                sure = graph.places[other].column != ANY and MEANING[made][0] != "unknown"
                hit = hits[sure].setdefault(products[place.address], _Hit())
                job = graph.job_of(other, target)
                if maker := graph.model_of(target) if job is None else job:
                    hit.models[maker] = None
                hit.columns[place] = None
    near = {place for each in hits.values() for hit in each.values() for place in hit.columns}
    later = [r for r in related_columns(graph, found, True, indirect) if r.place not in near]
    broken, unsure = (
        tuple(Broken(key, tuple(hit.models), tuple(hit.columns)) for key, hit in sorted(hits[sure].items()))
        for sure in (True, False)
    )
    return Impact(broken, unsure, tuple(later))


def label(place: Place, tables: Tables) -> str:
    """A column as it is written in SQL, or `source:CONTRACT.object.column`."""
    table = tables.get((place.address, place.object))
    name = table_label(table, tables) if table is not None else f"{place.address}.{place.object}"
    return f"{name}.{place.column}" if place.column else f"the rows of {name}"


def table_label(table: Table, tables: Tables) -> str:
    """A table as it is written in SQL; with its major where a newer one is served."""
    if table.product is None:
        return f"{table.address}.{table.object}"
    name = f"{table.product.domain}.{table.product.product}.{table.object}"
    newest = all(
        other.major <= table.major
        for other in tables.values()
        if other.product == table.product and other.object == table.object
    )
    return name if newest else f"{name}@{table.major}"


def as_mermaid(found: Mapping[str, list[Related]], tables: Tables) -> str:
    """The paths of an answer as a Mermaid flow chart: https://mermaid.js.org/syntax/flowchart.html."""
    names: dict[str, str] = {}
    lines: dict[str, None] = {}

    def node(place: Place) -> str:
        text = label(place, tables).replace("#", "#35;").replace('"', "#quot;")
        known = names.get(text)
        if known is None:
            known = names[text] = f"n{len(names)}"
            lines[f'    {known}["{text}"]'] = None
        return known

    for related in found.values():
        for each in related:
            for step in each.path:
                how = "" if step.how == PART else MEANING[step.how][0]
                arrow = "-->" if step.how < PART and CARRIES[step.how] else "-.->"
                words = f"|{how}|" if how else ""
                source, target = node(step.source), node(step.target)
                lines[f"    {source} {arrow}{words} {target}"] = None
    return "flowchart LR\n" + "".join(f"{line}\n" for line in lines)
