"""A graph of columns that is searched in milliseconds: whole numbers in Arrow arrays."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.model.address import ProductKey
from meshwright.model.lineage import ANY, DIRECT, MEANING, ROWS, lineage_from_json
from meshwright.model.mesh import Mesh
from meshwright.supervision.lineage.edges import Place, Told, address_of, tables_of, target_of

CARRIES = tuple(subtype in DIRECT or subtype == "unknown" for subtype, _ in MEANING)
"""Whether values are carried over, or may be, by number of `MEANING`."""

PART = len(MEANING)
"""An edge that no statement makes: from a column to a field of it or to `ANY`, and from the rows of a
table to its columns."""


TableKey = tuple[str, str]
"""A table: its address, and its name in data in lower case."""


@dataclass(frozen=True, slots=True)
class Step:
    """One edge of a path; `how` numbers `MEANING`, or is `PART`.

    `job` is the job outside the mesh that was told to make it, empty where none was named; None where
    the edge was worked out here.
    """

    source: Place
    target: Place
    how: int
    model: str
    job: str | None = None


class Columns(dict[str, int]):
    """The numbers of one table's columns, however they are spelled; asking for a new one makes one."""

    __slots__ = ("address", "object", "places")

    def __init__(self, address: str, name: str, places: list[Place]) -> None:
        super().__init__()
        self.address, self.object, self.places = address, name, places

    def __missing__(self, column: str) -> int:
        folded = column.lower()
        number = self.get(folded)
        if number is None:
            number = self[folded] = len(self.places)
            self.places.append(Place(self.address, self.object, column))
        if column != folded:
            self[column] = number
        return number


@dataclass(slots=True)
class GraphBuilder:
    """Collects columns and edges by number."""

    places: list[Place] = field(default_factory=list)
    tables: dict[tuple[str, str], Columns] = field(default_factory=dict)
    sources: array[int] = field(default_factory=lambda: array("i"))
    targets: array[int] = field(default_factory=lambda: array("i"))
    hows: bytearray = field(default_factory=bytearray)
    models: dict[int, str] = field(default_factory=dict)
    links: set[tuple[TableKey, TableKey]] = field(default_factory=set)
    told: dict[tuple[int, int], str] = field(default_factory=dict)
    worked_out: int = 0  # edges before the first that is told

    def table(self, address: str, name: str) -> Columns:
        """The columns of a table."""
        key = (address, name.lower())
        known = self.tables.get(key)
        if known is None:
            known = self.tables[key] = Columns(address, name, self.places)
        return known

    def add(self, source: int, target: int, how: int) -> None:
        """One edge; `how` numbers `MEANING`."""
        self.sources.append(source)
        self.targets.append(target)
        self.hows.append(how)

    def tell(self, source: Place, target: Place, how: int, job: str) -> None:
        """One edge that others tell of; to be added after those that are worked out."""
        columns = self.table(source.address, source.object), self.table(target.address, target.object)
        pair = (columns[0][source.column], columns[1][target.column])
        self.worked_out = self.worked_out if self.told else len(self.sources)
        self.told[pair] = job
        self.add(*pair, how)
        self.links.add(((source.address, source.object.lower()), (target.address, target.object.lower())))

    def made_by(self, target: int, model: str) -> None:
        """Say which model makes a column."""
        self.models[target] = model

    def build(self) -> LineageGraph:
        """The graph."""
        if self.told:
            known = self.worked_out
            for pair in zip(self.sources[:known], self.targets[:known], strict=True):
                self.told.pop(pair, None)
        for table in self.tables.values():
            self._parts(table)
        return LineageGraph(self)

    def _parts(self, table: Columns) -> None:
        """Edges inside a table: its rows bear on its columns, a column carries its fields and `ANY`."""
        rows, some = table.get(ROWS), table.get(ANY)
        for number in set(table.values()):
            column = self.places[number].column
            if column == ROWS:
                continue
            if rows is not None:
                self.add(rows, number, PART + 1)
            if some is not None and column != ANY:
                self.add(number, some, PART)
            base, dot, _ = column.lower().partition(".")
            if dot and base in table:
                self.add(table[base], number, PART)


class LineageGraph:
    """All edges between columns of one environment; built once, searched often, never changed.

    Names are compared without regard to capitals; edges may go round in circles. A search costs
    nanoseconds for each edge that it passes.
    """

    def __init__(self, built: GraphBuilder) -> None:
        self.places = built.places
        self.tables = built.tables
        self._models = built.models
        self.links = built.links
        self._told = built.told
        carried = bytes(CARRIES) + b"\1\0"  # a PART carries from columns, and bears from rows
        chosen = built.hows.translate(carried + bytes(256 - len(carried)))
        mask = pc.equal(pa.Array.from_buffers(pa.uint8(), len(chosen), [None, pa.py_buffer(chosen)]), 1)
        every = pa.table(
            {
                "source": _ints(built.sources),
                "target": _ints(built.targets),
                "how": pa.Array.from_buffers(
                    pa.uint8(), len(built.hows), [None, pa.py_buffer(bytes(built.hows))]
                ),
            }
        )
        self._carried, self._borne = every.filter(mask), every.filter(pc.invert(mask))

    @cached_property
    def _downstream(self) -> tuple[_Ways, _Ways]:
        size = len(self.places)
        carried, borne = self._carried, self._borne
        return _Ways(carried, "source", "target", size), _Ways(borne, "source", "target", size)

    @cached_property
    def _upstream(self) -> tuple[_Ways, _Ways]:
        size = len(self.places)
        carried, borne = self._carried, self._borne
        return _Ways(carried, "target", "source", size), _Ways(borne, "target", "source", size)

    @property
    def edges(self) -> int:
        """How many edges there are."""
        return int(self._carried.num_rows) + int(self._borne.num_rows)

    def number_of(self, place: Place) -> int | None:
        """The number of a column, None where nothing is known of it."""
        columns = self.tables.get((place.address, place.object.lower()))
        return None if columns is None else columns.get(place.column.lower())

    def has_columns(self, place: Place) -> bool:
        """Whether any column of a place's table is known by name."""
        return not self.tables[place.address, place.object.lower()].keys() <= {ROWS, ANY}

    def starts(self, address: str, name: str, column: str | None) -> list[int]:
        """The numbers of a column, or (None) of all columns and the rows of a table.

        A field that nothing reads by itself is where its column is.
        """
        columns: Mapping[str, int] = self.tables.get((address, name.lower()), {})
        if column is None:
            return sorted(set(columns.values()))
        folded = column.lower()
        found = [columns[each] for each in (folded, folded.partition(".")[0]) if each in columns]
        return found[:1]

    def reach(self, starts: Iterable[int], downstream: bool = True, indirect: bool = True) -> Reach:
        """Everything that comes from `starts`, or (upstream) that they come from, by distance.

        Without `indirect` only along edges on which values are carried, or may be.
        """
        ways = self._downstream if downstream else self._upstream
        distances = array("i", bytes(4 * len(self.places)))  # one more than the distance; 0 not reached
        view = _ints(distances)
        level = sorted(set(starts))
        frontier = pa.array(level, pa.int32())
        levels = []
        while level:
            levels.append(level)
            away = len(levels)
            for number in level:
                distances[number] = away
            found = [way.of(frontier) for way in (ways if indirect else ways[:1])]
            targets = pa.chunked_array(found).combine_chunks() if len(found) > 1 else found[0]
            frontier = targets.filter(pc.equal(view.take(targets), 0)).unique()
            level = frontier.to_pylist()
        return Reach(self, levels, distances, downstream, indirect)

    def reach_tables(self, starts: Iterable[TableKey], downstream: bool = True) -> dict[TableKey, int]:
        """The tables that are made from these, or (upstream) that these are made from, with distances."""
        ways = self._table_ways[0 if downstream else 1]
        level = list(starts)
        found = dict.fromkeys(level, 0)
        while level:
            following = {other for one in level for other in ways.get(one, ()) if other not in found}
            found.update(dict.fromkeys(following, found[level[0]] + 1))
            level = list(following)
        return {table: distance for table, distance in found.items() if distance}

    @cached_property
    def _table_ways(self) -> tuple[Mapping[TableKey, list[TableKey]], Mapping[TableKey, list[TableKey]]]:
        """The tables that are made from each, and those that each is made from."""
        down: dict[TableKey, list[TableKey]] = {}
        up: dict[TableKey, list[TableKey]] = {}
        for source, target in self.links:
            down.setdefault(source, []).append(target)
            up.setdefault(target, []).append(source)
        return down, up

    def before(self, number: int, downstream: bool, indirect: bool) -> Iterator[tuple[int, int]]:
        """The places one step nearer to the start of a search, with how, carrying edges first."""
        for way in (self._upstream if downstream else self._downstream)[: 1 + indirect]:
            yield from way.one(number)

    def after(self, number: int, indirect: bool) -> Iterator[tuple[int, int]]:
        """Where the edges of a place end, with how (above `MEANING`: edges that no statement makes)."""
        for way in self._downstream[: 1 + indirect]:
            yield from way.one(number)

    def job_of(self, source: int, target: int) -> str | None:
        """The job that was told to make an edge, empty where none was named; None where it is our own."""
        return self._told.get((source, target))

    def model_of(self, number: int) -> str:
        """The model that makes a column; nothing where none does."""
        return self._models.get(number, "")


def graph_of(mesh: Mesh, lineages: Mapping[ProductKey, str], told: Told | None = None) -> LineageGraph:
    """The graph of all that the mesh declares, with the edges of what is applied and of what is told."""
    builder = GraphBuilder()
    outside = () if told is None else told.tables.values()
    for table in (*tables_of(mesh).values(), *outside):
        numbers = builder.table(table.address, table.object)
        for column in table.columns:
            numbers[column]
    for key, text in lineages.items():
        product = mesh.products.get(key)
        if product is None:
            continue
        inputs = {port.name: address_of(mesh, port.name, product) for port in product.inputs}
        for built in lineage_from_json(text):
            targets = builder.table(target_of(mesh, key, built), built.object)
            links: set[TableKey] = set()
            for column, origins in built.columns.items():
                to = targets[column]
                builder.made_by(to, built.model)
                for port, name, source, how in origins:
                    address = inputs.get(port)
                    if address is not None:
                        builder.add(builder.table(address, name)[source], to, how)
                        links.add((address, name.lower()))
            to_table = (targets.address, targets.object.lower())
            builder.links.update((link, to_table) for link in links)
    for edge in told.edges if told is not None else ():
        builder.tell(edge.source, edge.target, edge.how, edge.job)
    return builder.build()


class _Ways:
    """The edges of one kind, by where they start."""

    def __init__(self, edges: pa.Table, start: str, end: str, size: int) -> None:
        order = pc.sort_indices(edges.column(start))
        counts = Counter(edges.column(start).to_pylist())
        offsets = array("i", accumulate(map(counts.__getitem__, range(size)), initial=0))
        self._ends = edges.column(end).take(order).combine_chunks()
        self._hows = edges.column("how").take(order).combine_chunks()
        self._offsets = offsets
        self._lists = pa.ListArray.from_arrays(_ints(offsets), self._ends)

    def of(self, numbers: Any) -> Any:
        """Where the edges of these places end."""
        return self._lists.take(numbers).flatten()

    def one(self, number: int) -> Iterator[tuple[int, int]]:
        """Where the edges of one place end, with how."""
        span = slice(self._offsets[number], self._offsets[number + 1])
        yield from zip(self._ends[span].to_pylist(), self._hows[span].to_pylist(), strict=True)


def _ints(values: array[int]) -> Any:
    return pa.Array.from_buffers(pa.int32(), len(values), [None, pa.py_buffer(values)])


@dataclass(frozen=True)
class Reach:
    """What a search found: numbers of places by their distance from the start.

    `distances` holds one more than that of each place, and 0 for what was not reached.
    """

    graph: LineageGraph
    levels: list[list[int]]
    distances: array[int]
    downstream: bool
    indirect: bool

    def __len__(self) -> int:
        return sum(map(len, self.levels[1:]))

    def __iter__(self) -> Iterator[tuple[int, Place]]:
        """Every place that was found with its distance, nearest first."""
        places = self.graph.places
        for distance, level in enumerate(self.levels[1:], 1):
            for place in sorted(places[number] for number in level):
                yield distance, place

    def path(self, number: int) -> list[Step]:
        """A shortest path between the start and a place that was found, in the direction of the data.

        Among several it is one that carries values, as far as there is one.
        """
        steps: list[Step] = []
        graph, distances = self.graph, self.distances
        while (distance := distances[number]) > 1:
            near, how = next(
                (n, how)
                for n, how in graph.before(number, self.downstream, self.indirect)
                if distances[n] == distance - 1
            )
            one, other = (near, number) if self.downstream else (number, near)
            places = graph.places
            job = graph.job_of(one, other)
            model = "" if job is not None else graph.model_of(other)
            steps.append(Step(places[one], places[other], min(how, PART), model, job))
            number = near
        return steps[::-1] if self.downstream else steps
