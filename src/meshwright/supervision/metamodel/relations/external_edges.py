"""Lineage that others told of."""

from __future__ import annotations

from meshwright.model.external import ExternalKey
from meshwright.model.lineage import ANY, MEANING, kind_of
from meshwright.supervision.lineage.told import told_edges
from meshwright.supervision.metamodel.column import Rows, boolean, text, timestamp
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.joined import NEEDS, ours_in
from meshwright.supervision.metamodel.world import World


def _rows(world: World) -> Rows:
    # that any column may come from any is said by the edge between the tables
    edges = [edge for edge in told_edges(world.external) if edge.source_column != ANY]
    if not edges:
        return {}
    ours = ours_in(world)
    nodes: dict[tuple[str, str], str] = {}

    def node(dataset: tuple[str, str]) -> str:
        if dataset not in nodes:
            known = world.external.get(ExternalKey("dataset", *dataset))
            found = ours.table(dataset, known["facets"] if known is not None else None)
            nodes[dataset] = found[0] if found else f"dataset:{dataset[0]}/{dataset[1]}"
        return nodes[dataset]

    subtypes = [MEANING[edge.how][0] for edge in edges]
    return {
        "from_namespace": [edge.source[0] for edge in edges],
        "from_name": [edge.source[1] for edge in edges],
        "from_column": [edge.source_column or None for edge in edges],
        "from_node": [node(edge.source) for edge in edges],
        "to_namespace": [edge.target[0] for edge in edges],
        "to_name": [edge.target[1] for edge in edges],
        "to_column": [edge.target_column or None for edge in edges],
        "to_node": [node(edge.target) for edge in edges],
        "kind": [kind_of(subtype) for subtype in subtypes],
        "subtype": subtypes,
        "masking": [MEANING[edge.how][1] for edge in edges],
        "job_namespace": [edge.job and edge.job[0] for edge in edges],
        "job_name": [edge.job and edge.job[1] for edge in edges],
        "told_at": [edge.at for edge in edges],
    }


RELATION = Relation(
    name="external_edges",
    description=(
        "Lineage that OpenLineage events from outside told of, between tables (no column, `rows`) and "
        "columns. What is worked out from the mesh's own models is in `edges`."
    ),
    columns=(
        text("from_namespace", "The namespace of the dataset that is read.", required=True),
        text("from_name", "Its name.", required=True),
        text("from_column", "The column; null for the table."),
        text("from_node", "Its node in `external_datasets`.", required=True),
        text("to_namespace", "The namespace of the dataset that is written.", required=True),
        text("to_name", "Its name.", required=True),
        text("to_column", "The column; null for what bears on the whole table."),
        text("to_node", "Its node.", required=True),
        text("kind", "`direct`, `indirect`, or `unknown`.", required=True),
        text("subtype", "`identity`, `transformation`, `filter`, ...; `rows` between tables.", required=True),
        boolean("masking", "Whether the value cannot be read out of the result.", required=True),
        text("job_namespace", "The namespace of the job; null where only the dataset was told of."),
        text("job_name", "Its name."),
        timestamp("told_at", "The time of the newest event that told of the job, or dataset.", required=True),
    ),
    key=(
        "from_namespace",
        "from_name",
        "from_column",
        "to_namespace",
        "to_name",
        "to_column",
        "subtype",
        "masking",
        "job_namespace",
        "job_name",
    ),
    derive=_rows,
    needs=NEEDS,
    follows=frozenset({"declarations", "external"}),
)
