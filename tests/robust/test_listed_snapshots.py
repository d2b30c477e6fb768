"""What an Iceberg client finds in a table: every snapshot that is listed can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mesh_folder import MeshFolder, column, contract, csv_server, custom
from pyiceberg.catalog.sql import SqlCatalog
from readers import registry_file
from references import problems_of_storage

RETAIN = 3
EVERY = 16
TABLES = ("events", "early")


def events_mesh(root: Path) -> MeshFolder:
    """A product with a table that grows with every run, and one that the first five runs change."""
    mesh = MeshFolder(root, environments={"dev": {"retain": RETAIN, "grace_seconds": 0}})
    columns = [column("id"), column("seen")]
    source = contract("file", {"events": columns}, servers=csv_server("data/events.csv"))
    source["schema"][0]["customProperties"] = custom(cursor="seen")
    mesh.product(
        "web/events",
        [source, contract("events", dict.fromkeys(TABLES, columns))],
        {
            "events.sql": "select id, seen from changes(files.events)\n",
            "early.sql": "select id, seen from changes(files.events) where seen <= 5\n",
        },
        inputs=[("files", "file")],
        outputs=[("events", "1.0.0", "events")],
        port_custom={"materialization": "append"},
    )
    return mesh


def publish(mesh: MeshFolder, number: int) -> None:
    mesh.csv("data/events.csv", "id,seen", *(f"{n},{n}" for n in range(1, number + 1)))
    mesh.run(*(("apply", "--yes") if number == 1 else ("run", "web/events")))


def tables(mesh: MeshFolder) -> dict[str, Any]:
    catalogue = SqlCatalog("dev", uri=f"sqlite:///{registry_file(mesh)}")
    found = {name: catalogue.load_table(("web", "events", f"{name}@1")) for name in TABLES}
    catalogue.close()
    return found


def readable(table: Any) -> list[int]:
    """The rows of each snapshot that the table lists, oldest first; what else clients ask is answered."""
    of = table.inspect
    asked = (of.snapshots, of.history, of.refs, of.manifests, of.files, of.entries, of.all_files)
    assert all(question().num_rows for question in (*asked, of.all_manifests))
    return [table.scan(snapshot_id=each.snapshot_id).to_arrow().num_rows for each in table.snapshots()]


def test_the_publication_that_lets_others_expire_lists_none_of_them(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path / "mesh")
    for number in range(1, RETAIN + EVERY):
        publish(mesh, number)
    last = RETAIN + EVERY
    listed = {name: len(table.snapshots()) for name, table in tables(mesh).items()}
    assert listed == {"events": RETAIN, "early": RETAIN}, "the ones that were the newest when it was sealed"
    publish(mesh, last)
    history = mesh.run("history", "web/events", "--format", "json").data["publications"]
    assert [row["number"] for row in history] == [last, last - 1, last - 2]
    found = tables(mesh)
    assert readable(found["events"]) == [last - 2, last - 1, last]
    assert readable(found["early"]) == [5], "it did not change, and lists the one snapshot that is left"
    assert problems_of_storage(mesh) == []
    publish(mesh, last + 1)
    assert readable(tables(mesh)["events"]) == [last - 1, last, last + 1]
    mesh.run("rollback", "web/events", "--to", str(last))
    assert readable(tables(mesh)["events"]) == [last - 2, last - 1, last]
    assert mesh.rows("select count(*) as n from web.events.early") == [{"n": 5}]


def test_after_an_expiry_by_hand_the_current_snapshot_answers_whatever_else_is_listed(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path / "mesh")
    for number in range(1, 8):
        publish(mesh, number)
    mesh.run("rollback", "web/events", "--to", "6")
    mesh.run("gc")
    assert problems_of_storage(mesh) == []
    for name, table in tables(mesh).items():
        assert table.scan().to_arrow().num_rows == {"events": 6, "early": 5}[name]
        assert table.inspect.snapshots().num_rows == len(table.snapshots())
        for question in (table.inspect.manifests, table.inspect.files, table.inspect.all_files):
            assert question().num_rows > 0
    mesh.run("unpin", "web/events")
    publish(mesh, 8)
    assert readable(tables(mesh)["events"])[-1] == 8
