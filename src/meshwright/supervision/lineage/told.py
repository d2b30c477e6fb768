"""Lineage that others tell of: which of their datasets are ours, and how columns come from columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from meshwright.model.external import External, ExternalKey
from meshwright.model.lineage import ANY, DIRECT, MEANING, ROWS
from meshwright.model.mesh import Mesh
from meshwright.standards.openlineage_names import OBJECT, folded_namespace, names_of_server
from meshwright.supervision.lineage.edges import (
    DATASET,
    SOURCE,
    Place,
    PlacedEdge,
    Table,
    Tables,
    Told,
    sources_of,
)
from meshwright.supervision.lineage.received import COLUMNS, flows_of

_UNKNOWN = MEANING.index(("unknown", False))
_ROWS = MEANING.index(("rows", False))
_NUMBERS: Mapping[tuple[str, bool], int] = {meaning: number for number, meaning in enumerate(MEANING)}

_OLD = {"IDENTITY": _NUMBERS["identity", False], "MASKED": _NUMBERS["transformation", True]}
"""By `transformationType`, which the standard had before transformations."""

DatasetName = tuple[str, str]
"""A namespace and a name in it."""


class ToldEdge(NamedTuple):
    """How a column comes from another, as a job was told to make it; the job is None where only a dataset
    was told of. A column is `ROWS` or `ANY` as in `Place`, `how` numbers `MEANING`."""

    source: DatasetName
    source_column: str
    target: DatasetName
    target_column: str
    how: int
    job: DatasetName | None
    at: str


def told_edges(external: External) -> Iterator[ToldEdge]:
    """Every edge that is told of, each once.

    Without column lineage it is unknown what each column of an output comes from.
    """
    found: dict[tuple[Any, ...], ToldEdge] = {}
    for key, known in external.items():
        if key.kind == "dataset":
            target = (key.namespace, key.name)
            edges = _of_facet(known["facets"].get(COLUMNS), target, None, known["at"])
        else:
            edges = _of_job(key, known)
        for edge in edges:
            found[edge[:6]] = edge
    yield from found.values()


def _of_job(key: ExternalKey, job: Mapping[str, Any]) -> Iterator[ToldEdge]:
    name = (key.namespace, key.name)
    for flow in flows_of(job):
        for *output, columns in flow["outputs"]:
            target = (output[0], output[1])
            yield from _of_facet(columns, target, name, job["at"])
            for source in map(tuple, flow["inputs"]):
                if source == target:
                    continue
                yield ToldEdge(source, ROWS, target, ROWS, _ROWS, name, job["at"])
                if columns is None:
                    yield ToldEdge(source, ANY, target, ANY, _UNKNOWN, name, job["at"])


def _of_facet(
    facet: Mapping[str, Any] | None, target: DatasetName, job: DatasetName | None, at: str
) -> Iterator[ToldEdge]:
    if facet is None:
        return
    for column, made in facet["fields"].items():
        for field in made["inputFields"]:
            source = (field["namespace"], field["name"])
            for how in _hows(field, made.get("transformationType")):
                yield ToldEdge(source, field["field"], target, column, how, job, at)
    for field in facet.get("dataset") or ():
        source = (field["namespace"], field["name"])
        for how in _hows(field, None):
            yield ToldEdge(source, field["field"], target, ROWS, how, job, at)


def _hows(field: Mapping[str, Any], old: str | None) -> Iterable[int]:
    """Numbers of `MEANING` for what is said; a word that the standard does not have is read by its kind."""
    said = field.get("transformations") or ()
    if not said:
        return [_OLD.get(old or "", _UNKNOWN)]
    return dict.fromkeys(_how(each) for each in said)


def _how(said: Mapping[str, Any]) -> int:
    subtype = str(said.get("subtype") or "").lower()
    masking = said.get("masking") is True
    direct = said["type"] == "DIRECT"
    if (subtype in DIRECT) != direct or (subtype, False) not in _NUMBERS:
        subtype = "transformation" if direct else "conditional"
    if masking and subtype == "identity":
        subtype = "transformation"
    return _NUMBERS.get((subtype, masking), _NUMBERS[subtype, False])


# --- which datasets are ours


@dataclass(frozen=True, slots=True)
class Ours:
    """Tables of the mesh by the names that others have for them."""

    tables: Mapping[DatasetName, tuple[str, str]]

    def table(self, dataset: DatasetName, facets: Mapping[str, Any] | None = None) -> tuple[str, str] | None:
        """The address and the table that a dataset is, by its own name or another that its facets tell."""
        links = ((facets or {}).get("symlinks") or {}).get("identifiers") or ()
        for namespace, name in (dataset, *((each["namespace"], each["name"]) for each in links)):
            found = self.tables.get((folded_namespace(namespace), name))
            if found is not None:
                return found
        return None


def names_of_served(mesh: str, domain: str, product: str, table: str, major: int) -> DatasetName:
    """The name that a table of an output port has in events of our own."""
    return (f"mesh://{mesh}", f"{domain}.{product}.{table}@{major}")


def names_of_source(
    mesh: str, contract: str, tables: Iterable[str], servers: Iterable[DatasetName | None]
) -> Iterator[tuple[DatasetName, str]]:
    """Names of the tables of a source, in events of our own and on its servers."""
    tables = list(tables)
    patterns = [server for server in servers if server is not None]
    for table in tables:
        yield (f"mesh://{mesh}", f"{SOURCE}{contract}.{table}"), table
        for namespace, pattern in patterns:
            if OBJECT in pattern or len(tables) == 1:
                yield (folded_namespace(namespace), pattern.replace(OBJECT, table)), table


def ours_of(mesh: Mesh) -> Ours:
    """The tables of a mesh by the names that others have for them."""
    found: dict[DatasetName, tuple[str, str]] = {}
    for product in mesh.products.values():
        for name, contract in sources_of(product, mesh).items():
            servers = [names_of_server({"type": s.type, **s.settings}) for s in contract.servers]
            for dataset, table in names_of_source(
                mesh.name, contract.id, (obj.table for obj in contract.objects), servers
            ):
                found.setdefault(dataset, (name, table))
        for port, obj in product.objects():
            key = names_of_served(mesh.name, product.domain, product.key.product, obj.table, port.major)
            found[key] = (str(mesh.address(product, port)), obj.table)
    return Ours(found)


# --- in the graph


def told_of(external: External, ours: Ours, tables: Tables) -> Told:
    """What is told of, as it goes into the graph of a mesh; `tables` are those of the mesh."""
    outside = {(table.address, table.object): table for table in _tables(external, ours)}
    return Told(outside, tuple(_placed(external, ours, {**tables, **outside})))


def _tables(external: External, ours: Ours) -> Iterator[Table]:
    for key, known in external.items():
        if key.kind == "dataset" and ours.table((key.namespace, key.name), known["facets"]) is None:
            columns = tuple(columns_of(known["facets"]))
            yield Table(f"{DATASET}{key.namespace}", key.name, columns, name=key.name)


def columns_of(facets: Mapping[str, Any]) -> list[str]:
    """The columns that a dataset's schema tells."""
    return [str(field["name"]) for field in (facets.get("schema") or {}).get("fields") or ()]


def _placed(external: External, ours: Ours, tables: Tables) -> Iterator[PlacedEdge]:
    """The edges; what any column of a table may come from is written out."""
    for edge in told_edges(external):
        source, target = (place_of(each, external, ours) for each in (edge.source, edge.target))
        if source == target:
            continue
        job = "" if edge.job is None else f"{edge.job[0]}/{edge.job[1]}"
        columns = [edge.target_column]
        if edge.target_column == ANY:
            table = tables.get(target)
            columns = [*(table.columns if table is not None else ()), ANY]
        for column in columns:
            yield PlacedEdge(Place(*source, edge.source_column), Place(*target, column), edge.how, job)


def place_of(dataset: DatasetName, external: External, ours: Ours) -> tuple[str, str]:
    """The address and table of a dataset: one of ours, or outside the mesh."""
    known = external.get(ExternalKey("dataset", *dataset))
    found = ours.table(dataset, known["facets"] if known is not None else None)
    return found or (f"{DATASET}{dataset[0]}", dataset[1])
