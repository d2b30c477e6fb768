"""A process is killed at every step: readers see the old or the new publication, and nothing stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from children import Nursery
from mesh_folder import MeshFolder
from readers import seen
from references import problems_of_storage
from shop_mesh import OF_SALES, deliver, expected, shop_mesh

from conftest import Prepared

SEAL = "meshwright.adapters.iceberg.seal:"
UNLINK = "meshwright.adapters.iceberg.warehouse:IcebergWarehouse._unlink"
COPY = "meshwright.adapters.duckdb.session:DuckSession._copy"
WAL = ".mesh/dev/registry.db-wal"
PAST = 8
"""Publications before the later ones of the tests; the next one has eight small files to compact."""


def point(name: str, commits: bool = False, **fault: Any) -> Any:
    """A crash point; `commits` says that the new publication is there afterwards."""
    return pytest.param(fault, commits, id=name)


BUILDING = ("locked", "intended", "described", "extracted", "landed", "offered", "transformed")
JUDGING = ("measured", "verified", "sealing", "sealed", "publishing")
STEPS = [point(f"when it has reached {step}", step=step) for step in (*BUILDING, *JUDGING)]
INSIDE = [
    point("when the first of five objects is written", step="written"),
    point("when the last of five objects is built", step="built", nth=4),
    point("in the middle of a data file", what="tear", call=COPY, nth=2, room=64),
    point("in the middle of a file of the landing", what="tear", call=COPY, room=64),
    point("before the manifests of the first table", call=f"{SEAL}write_manifest"),
    point("between manifest and manifest list", call=f"{SEAL}write_manifest_list"),
    point("between manifest list and metadata", call=f"{SEAL}ToOutputFile.table_metadata"),
    point("in the middle of a metadata file", what="tear", call=f"{SEAL}update_table_metadata", room=99),
    point("when two of five tables are sealed", call=f"{SEAL}_described", nth=3),
    point("before the pointers are swapped", sql="INTO mesh_publications"),
    point("when pointers are swapped and files not yet recorded", sql="INTO mesh_files"),
    point("before the intent is forgotten", sql="DELETE FROM mesh_intents"),
    point("before readers are told", sql="INTO mesh_served"),
    point("before the fact is recorded", sql="INTO mesh_facts", nth=2),
    point("before the lock is given back", sql="UPDATE mesh_locks SET holder", nth=1),
    point("before the publication is committed", sql="INTO mesh_publications", commit=True),
]
AFTER = [
    point("when it has reached published", commits=True, step="published"),
    point("when the lock is given back", commits=True, step="released"),
]
LATER = [
    point("when files were compacted", step="compacted"),
    point("in the middle of the commit", what="tear", sql="INTO mesh_publications", commit=True, beyond=WAL),
]


@pytest.fixture(scope="module")
def fresh(prepared: Callable[[str], Prepared]) -> Prepared:
    """Declared, and nothing applied."""
    place = prepared("fresh")
    shop_mesh(place.root, python=True)
    place.keep()
    return place


@pytest.fixture(scope="module")
def grown(prepared: Callable[[str], Prepared]) -> Prepared:
    """Eight publications of both products, and a ninth delivery at the source."""
    place = prepared("grown")
    mesh = shop_mesh(place.root)
    mesh.run("apply", "--yes")
    for number in range(2, PAST + 1):
        deliver(mesh, number)
        mesh.run("run", "--downstream", "shop/sales")
    deliver(mesh, PAST + 1)
    place.keep()
    return place


def opened(place: Prepared) -> MeshFolder:
    """The prepared mesh, as it was."""
    place.restore()
    mesh = object.__new__(MeshFolder)
    mesh.root = place.root
    return mesh


@pytest.mark.parametrize(("fault", "commits"), [*STEPS, *INSIDE, *AFTER, *LATER])
def test_killed_during_a_later_publication(
    nursery: Nursery, grown: Prepared, fault: dict[str, Any], commits: bool
) -> None:
    mesh = opened(grown)
    nursery.kill(mesh.root, fault, "run", "--downstream", "shop/sales")
    new, old = expected(PAST + 1), expected(PAST)
    assert seen(mesh) == {name: (new if commits else old)[name] for name in OF_SALES}
    mesh.run("gc")
    assert problems_of_storage(mesh) == []
    mesh.run("run", "--downstream", "shop/sales")
    assert seen(mesh, *new) == new
    assert problems_of_storage(mesh) == []


FIRST = [
    point("while a Python model runs", call="meshwright.adapters.python.runner:Process.join"),
    *(STEPS[1], STEPS[-1], INSIDE[1], INSIDE[2], INSIDE[6], INSIDE[8], INSIDE[10], INSIDE[-1], AFTER[0]),
]


@pytest.mark.parametrize(("fault", "commits"), FIRST)
def test_killed_during_the_first_publication(
    nursery: Nursery, fresh: Prepared, fault: dict[str, Any], commits: bool
) -> None:
    mesh = opened(fresh)
    nursery.kill(mesh.root, fault, "apply", "--yes")
    new = expected(1)
    assert seen(mesh) == ({name: new[name] for name in OF_SALES} if commits else None)
    mesh.run("run")  # any start cleans up, and builds what is missing
    assert seen(mesh, *new) == new
    assert problems_of_storage(mesh) == []


@pytest.mark.parametrize(("fault", "commits"), [STEPS[6], INSIDE[9], AFTER[0]])
def test_killed_in_a_consumer_that_follows_what_was_added(
    nursery: Nursery, grown: Prepared, fault: dict[str, Any], commits: bool
) -> None:
    mesh = opened(grown)
    mesh.run("run", "shop/sales")
    nursery.kill(mesh.root, {**fault, "product": "shop/report"}, "run", "shop/report")
    assert seen(mesh, "report")["report"] == expected(PAST + commits)["report"]
    mesh.run("run", "shop/report")
    assert seen(mesh, "report")["report"] == expected(PAST + 1)["report"]
    assert problems_of_storage(mesh) == []


GC = [
    point("before old publications are forgotten", sql="DELETE FROM mesh_publications"),
    point("when old publications are forgotten", step="expired"),
    point("between two deleted files", call=UNLINK, nth=3),
    point("between manifests and their list", call=UNLINK, nth=9),
    point("between a manifest list and its table's metadata", call=UNLINK, nth=14),
    point("when files are gone but still booked", step="deleted"),
]


@pytest.mark.parametrize(("fault", "commits"), GC)
def test_killed_while_old_publications_are_removed(
    nursery: Nursery, grown: Prepared, fault: dict[str, Any], commits: bool
) -> None:
    mesh = opened(grown)
    settings = {"mesh": "acme", "environments": {"dev": {"retain": 3, "grace_seconds": 0}}}
    (mesh.root / "mesh.yaml").write_text(json.dumps(settings))
    nursery.kill(mesh.root, fault, "gc")
    assert seen(mesh) == {name: expected(PAST)[name] for name in OF_SALES}
    mesh.run("gc")
    assert problems_of_storage(mesh) == []
    assert len(mesh.run("history", "shop/sales", "--format", "json").data["publications"]) == 3


@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "after the commit"])
def test_killed_during_a_rollback(nursery: Nursery, grown: Prepared, committed: bool) -> None:
    mesh = opened(grown)
    fault = {"step": "released"} if committed else {"sql": "INTO mesh_served", "commit": True}
    nursery.kill(mesh.root, fault, "rollback", "shop/sales", "--to", "3")
    old = expected(3 if committed else PAST)
    assert seen(mesh) == {name: old[name] for name in OF_SALES}
    mesh.run("run", "--downstream", "shop/sales")
    new = expected(PAST + 1)
    assert seen(mesh, *new) == new
    mesh.run("gc")
    assert problems_of_storage(mesh) == []


def test_a_lock_of_a_dead_process_is_not_waited_for(nursery: Nursery, grown: Prepared) -> None:
    mesh = opened(grown)
    nursery.kill(mesh.root, {"step": "locked"}, "run", "shop/sales")
    mesh.run("run", "shop/sales")
    assert problems_of_storage(mesh) == []


APPLY = "meshwright.adapters.registry.registry:SqlRegistry.apply"
STORING = [
    point("before anything is stored", call=APPLY),
    point("before the documents are stored", sql="INTO mesh_bundles"),
    point("before the facts are recorded", sql="INTO mesh_facts"),
    point("before the declarations are committed", sql="INTO mesh_bundles", commit=True),
    point("in the middle of the commit", what="tear", sql="INTO mesh_bundles", commit=True, beyond=WAL),
    point("when the declarations are stored", commits=True, call=APPLY, after=True),
]


@pytest.mark.parametrize(("fault", "commits"), STORING)
def test_killed_while_declarations_are_stored(
    nursery: Nursery, grown: Prepared, fault: dict[str, Any], commits: bool
) -> None:
    mesh = opened(grown)
    facts = len(mesh.run("facts", "--format", "json", "--limit", "10000").data)
    model = mesh.root / "domains/shop/report/models/report.sql"
    model.write_text("select id, seq + 100 as seq from changes(facts.sales)\n")
    nursery.kill(mesh.root, fault, "apply", "--yes")
    assert seen(mesh, *expected(PAST)) == expected(PAST)
    stale = {row["product"]: row["stale"] for row in mesh.run("status", "--format", "json").data["products"]}
    assert bool(stale["shop/report"]) == commits
    known = mesh.run("facts", "--format", "json", "--limit", "10000").data
    assert [fact["kind"] for fact in known[: len(known) - facts]] == ["product.applied"] * commits
    mesh.run("apply", "--yes")
    assert seen(mesh, "report")["report"] != expected(PAST)["report"]
    assert problems_of_storage(mesh) == []
    assert mesh.run("facts", "--verify").code == 0


PLAN_APPLY = "meshwright.experience.plan.apply"
REMOVING = [
    point("before the product is forgotten", sql="DELETE FROM mesh_products"),
    point("when its publications are forgotten", sql="DELETE FROM mesh_objects"),
    point("before its pointers are dropped", sql="DELETE FROM iceberg_tables"),
    point("before the removal is committed", sql="DELETE FROM mesh_products", commit=True),
    point("when the removal is committed", commits=True, call=APPLY, after=True),
    point("before its files are deleted", commits=True, call=f"{PLAN_APPLY}:delete_doomed"),
    point("between two of its files", commits=True, call=UNLINK, nth=3),
    point("between its manifests and their metadata", commits=True, call=UNLINK, nth=20),
    point("when its files are gone but still booked", commits=True, step="deleted"),
]


@pytest.mark.parametrize(("fault", "commits"), REMOVING)
def test_killed_while_a_product_is_removed(
    nursery: Nursery, grown: Prepared, fault: dict[str, Any], commits: bool
) -> None:
    mesh = opened(grown)
    folder = mesh.root / "domains/shop/report"
    folder.rename(mesh.root / "report")
    nursery.kill(mesh.root, fault, "apply", "--yes", "--allow-destroy")
    products = [row["product"] for row in mesh.run("status", "--format", "json").data["products"]]
    assert ("shop/report" not in products) == commits
    if not commits:
        assert seen(mesh, "report")["report"] == expected(PAST)["report"]
        mesh.run("apply", "--yes", "--allow-destroy")
    mesh.run("run", "shop/sales")  # any start cleans up
    assert problems_of_storage(mesh) == []
    assert not [file for file in mesh.files() if "/shop/report/" in file]
    assert seen(mesh) == {name: expected(PAST + 1)[name] for name in OF_SALES}
    (mesh.root / "report").rename(folder)
    mesh.run("apply", "--yes")
    assert seen(mesh, "report")["report"] == expected(PAST + 1)["report"]
    assert problems_of_storage(mesh) == []


SWEEP = [
    point("before the first orphan is deleted", call=UNLINK),
    point("between two orphans of a table", call=UNLINK, nth=2),
    point("between two products", call=UNLINK, nth=4),
]


@pytest.mark.parametrize(("fault", "commits"), SWEEP)
def test_killed_while_orphans_are_removed(
    nursery: Nursery, grown: Prepared, fault: dict[str, Any], commits: bool
) -> None:
    mesh = opened(grown)
    before = mesh.files()
    for product in ("report/report", "sales/sales"):
        for name in ("data/lost.parquet", "metadata/lost-snapshot.avro", "metadata/lost.metadata.json"):
            (mesh.root / f".mesh/dev/warehouse/shop/{product}/v1/{name}").write_bytes(b"lost")
    nursery.kill(mesh.root, fault, "gc")
    assert len(mesh.files() - before) == 7 - fault.get("nth", 1)
    assert seen(mesh) == {name: expected(PAST)[name] for name in OF_SALES}
    mesh.run("gc")
    assert mesh.files() == before
    assert problems_of_storage(mesh) == []
