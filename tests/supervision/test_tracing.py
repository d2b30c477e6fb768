"""Lineage from the mesh's tables is that of the mesh's declarations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.exchange.told_events import columns, dataset, run_event, schema
from tests.metamodel.declared import Kept, bundles_of_tree, mesh_of

from meshwright.experience.models import product_lineages
from meshwright.model.external import ExternalKey
from meshwright.standards.openlineage_events import read_event
from meshwright.supervision.catalogue.tracing import traced
from meshwright.supervision.lineage.answers import impact_of, related_columns
from meshwright.supervision.lineage.edges import tables_of
from meshwright.supervision.lineage.find import Found
from meshwright.supervision.lineage.graph import graph_of
from meshwright.supervision.lineage.received import folded
from meshwright.supervision.lineage.told import ours_of, told_of
from meshwright.supervision.metamodel.tables import MeshTables

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
RENT_ROLL = ("mesh://premium_offices", "leasing.rent_roll.rent_roll@1")


def told() -> dict[ExternalKey, Any]:
    """A report outside the mesh that reads one table of it, and a job that writes another's source."""
    board = dataset("powerbi", "Board", columnLineage=columns(rent=[(*RENT_ROLL, "annual_rent")]))
    event = run_event("COMPLETE", [dataset(*RENT_ROLL, schema=schema("annual_rent"))], [board])
    return folded({}, read_event(event))


@pytest.mark.parametrize("name", ["premium-offices", "nyc-flights"])
@pytest.mark.parametrize("external", [{}, told()], ids=["alone", "told"])
def test_both_give_the_same_answers_about_every_column(name: str, external: dict[ExternalKey, Any]) -> None:
    bundles = bundles_of_tree(EXAMPLES / name)
    mesh = mesh_of(bundles, name.replace("-", "_"))
    lineages = product_lineages(mesh.products.values(), mesh)
    own = tables_of(mesh)
    outside = told_of(external, ours_of(mesh), own)
    graph = graph_of(mesh, lineages, outside)
    reading = Kept(bundles, lineages=lineages, kept_external=external)
    found = traced(MeshTables.empty(mesh.name).refreshed(reading))
    assert found.tables == {**own, **outside.tables}
    assert set(found.products) == set(map(str, mesh.products))
    seen = 0
    for table in found.tables.values():
        for column in (None, *table.columns):
            place = Found((table,), column)
            for downstream in (False, True):
                expected = answers(related_columns(graph, place, downstream, True))
                assert answers(related_columns(found.graph, place, downstream, True)) == expected
                seen += len(expected)
            assert impact_of(found.graph, place, found.tables).broken == (
                impact_of(graph, place, found.tables).broken
            )
    assert seen > 100


def answers(related: Any) -> set[tuple[Any, ...]]:
    """What is reached, how far away; paths of one length may differ."""
    return {(each.place, each.distance) for each in related}
