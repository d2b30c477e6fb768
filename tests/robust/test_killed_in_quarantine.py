"""A process is killed while rows go into quarantine: they are there with their publication, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from children import Nursery
from mesh_folder import MeshFolder, column, contract, csv_server, custom
from references import problems_of_storage

from conftest import Prepared

COPY = "meshwright.adapters.duckdb.session:DuckSession._copy"
UNLINK = "meshwright.adapters.iceberg.warehouse:IcebergWarehouse._unlink"
SEAL = "meshwright.adapters.iceberg.seal:"

FAULTS = [
    pytest.param({"call": COPY, "nth": 3}, False, id="before the broken rows are written"),
    pytest.param({"call": COPY, "nth": 4}, False, id="before the good rows are written again"),
    pytest.param({"call": UNLINK}, False, id="before the first files are removed"),
    pytest.param({"step": "quarantined"}, False, id="when the rows are in quarantine"),
    pytest.param({"step": "measured", "nth": 2}, False, id="when what remains is measured"),
    pytest.param({"call": f"{SEAL}write_manifest", "nth": 2}, False, id="between two sealed tables"),
    pytest.param({"sql": "INTO mesh_files"}, False, id="before files are recorded"),
    pytest.param({"step": "published"}, True, id="when it is published"),
]


@pytest.fixture(scope="module")
def growing(prepared: Callable[[str], Prepared]) -> Prepared:
    """A publication with two rows and one in quarantine; then two more at the source, one of them broken."""
    place = prepared("growing")
    mesh = MeshFolder(place.root)
    key = column("id", required=True, primaryKey=True, primaryKeyPosition=1)
    amount = column("amount", "number", logicalTypeOptions={"minimum": 0})
    source = contract(
        "feed", {"feed": [column("id"), column("amount", "number")]}, servers=csv_server("data/feed.csv")
    )
    source["schema"][0]["customProperties"] = custom(cursor="id")
    served = contract("orders", {"orders": [key, amount]})
    served["schema"][0]["customProperties"] = custom(materialization="append", quarantine=True)
    mesh.product(
        "sales/orders",
        [source, served],
        {"orders.sql": "select id, amount from changes(files.feed)\n"},
        inputs=[("files", "feed")],
        outputs=[("orders", "1.0.0", "orders")],
    )
    mesh.csv("data/feed.csv", "id,amount", "1,10", "2,-2", "3,30")
    mesh.run("apply", "--yes")
    assert problems_of_storage(mesh) == []
    mesh.csv("data/feed.csv", "id,amount", "1,10", "2,-2", "3,30", "4,-4", "5,50")
    place.keep()
    return place


def told(mesh: MeshFolder) -> tuple[list[int], list[int]]:
    """The keys that are published, and those in quarantine."""
    rows = mesh.rows("select id from sales.orders.orders order by id")
    (table,) = mesh.run("quarantine", "sales/orders", "--format", "json").data["objects"]
    return [row["id"] for row in rows], sorted(row["id"] for row in table["rows"])


@pytest.mark.parametrize(("fault", "commits"), FAULTS)
def test_killed_while_rows_are_put_into_quarantine(
    nursery: Nursery, growing: Prepared, fault: dict[str, Any], commits: bool
) -> None:
    growing.restore()
    mesh = MeshFolder.at(growing.root)
    old, new = ([1, 3], [2]), ([1, 3, 5], [2, 4])
    nursery.kill(mesh.root, {**fault, "product": "sales/orders"}, "run", "sales/orders")
    assert told(mesh) == (new if commits else old)
    mesh.run("gc")
    assert problems_of_storage(mesh) == []
    mesh.run("run", "sales/orders")
    assert told(mesh) == new
    assert problems_of_storage(mesh) == []
