"""Append, merge, and incremental sources."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from mesh_folder import MeshFolder, column, contract, csv_server, custom


def events_mesh(
    root: Path,
    source: str,
    materialization: str,
    lookback: Any = None,
    keyed: bool = True,
) -> MeshFolder:
    """An incremental CSV source read by one product, and a consumer that follows its changes."""
    mesh = MeshFolder(root)
    key = {"primaryKey": True, "primaryKeyPosition": 1} if keyed else {}
    columns = [column("id", required=True, **key), column("seen"), column("state", "string")]
    settings = {"cursor": "seen"} | ({"lookback": lookback} if lookback is not None else {})
    document = contract("events-file", {"events": columns}, servers=csv_server("data/events.csv"))
    document["schema"][0]["customProperties"] = custom(**settings)
    mesh.product(
        "web/events",
        [document, contract("events", {"events": columns})],
        {"events.sql": f"select id, seen, state from {source}\n"},
        inputs=[("files", "events-file")],
        outputs=[("events", "1.0.0", "events")],
        port_custom={"materialization": materialization},
    )
    mesh.product(
        "web/copies",
        [contract("copies", {"copies": [column("id"), column("seen"), column("state", "string")]})],
        {"copies.sql": "select id, seen, state from changes(events.events)\n"},
        inputs=[("events", "events")],
        outputs=[("copies", "1.0.0", "copies")],
        port_custom={"materialization": "append"},
    )
    return mesh


def deliver(mesh: MeshFolder, *lines: str) -> None:
    mesh.csv("data/events.csv", "id,seen,state", *lines)


def states(mesh: MeshFolder, table: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in mesh.rows(f"select id, seen, state from {table} order by all")]


def test_merge_updates_by_key_and_keeps_what_the_source_no_longer_sends(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "changes(files.events)", "merge")
    deliver(mesh, "1,10,new", "2,11,new")
    mesh.run("apply", "--yes")
    deliver(mesh, "2,12,old", "3,13,new")
    mesh.run("run", "web/events")
    assert states(mesh, "web.events.events") == [(1, 10, "new"), (2, 12, "old"), (3, 13, "new")]


def test_a_keyed_source_with_lookback_is_deduplicated(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "files.events", "full", lookback=5)
    deliver(mesh, "1,10,a", "2,11,a")
    mesh.run("apply", "--yes")
    deliver(mesh, "1,10,a", "2,11,b", "2,12,c", "3,1,late", "4,7,late")
    mesh.run("run", "web/events")
    assert states(mesh, "web.events.events") == [(1, 10, "a"), (2, 12, "c"), (4, 7, "late")]


def test_append_takes_only_added_rows_and_so_does_its_consumer(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "changes(files.events)", "append", keyed=False)
    deliver(mesh, "1,10,a", "2,11,b")
    mesh.run("apply", "--yes")
    deliver(mesh, "1,10,a", "2,11,b", "3,12,c")
    mesh.run("run", "--downstream", "web/events")
    expected = [(1, 10, "a"), (2, 11, "b"), (3, 12, "c")]
    assert states(mesh, "web.events.events") == expected
    assert states(mesh, "web.copies.copies") == expected
    runs = mesh.run("facts", "web/copies", "--format", "json").data
    assert runs[0]["payload"]["cost"]["rows_written"] == 1


def test_a_rewrite_upstream_rebuilds_the_follower(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "changes(files.events)", "merge")
    deliver(mesh, "1,10,a", "2,11,b")
    mesh.run("apply", "--yes")
    deliver(mesh, "2,12,c")
    mesh.run("run", "--downstream", "web/events")
    assert states(mesh, "web.copies.copies") == [(1, 10, "a"), (2, 12, "c")]


def test_a_failed_run_neither_loses_nor_repeats_rows(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "changes(files.events)", "append", keyed=False)
    deliver(mesh, "1,10,a")
    mesh.run("apply", "--yes")
    deliver(mesh, "1,10,a", "oops,11,b")
    mesh.run("run", "web/events", code=1)
    deliver(mesh, "1,10,a", "2,11,b")
    mesh.run("run", "web/events")
    assert states(mesh, "web.events.events") == [(1, 10, "a"), (2, 11, "b")]


def test_a_rollback_pins_and_its_followers_are_rebuilt(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "changes(files.events)", "append", keyed=False)
    deliver(mesh, "1,10,a")
    mesh.run("apply", "--yes")
    deliver(mesh, "1,10,a", "2,11,b")
    mesh.run("run", "--downstream", "web/events")
    mesh.run("rollback", "web/events", "--to", "1")
    assert states(mesh, "web.events.events") == [(1, 10, "a")]
    mesh.run("apply", "--yes")
    assert states(mesh, "web.copies.copies") == [(1, 10, "a")]
    mesh.run("unpin", "web/events")
    mesh.run("run", "web/events")
    assert states(mesh, "web.events.events") == [(1, 10, "a"), (2, 11, "b")]


def test_a_changed_model_rebuilds_an_append_from_everything_delivered(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "changes(files.events)", "append", keyed=False)
    deliver(mesh, "1,10,a")
    mesh.run("apply", "--yes")
    deliver(mesh, "2,11,b")
    mesh.run("run", "web/events")
    model = tmp_path / "domains/web/events/models/events.sql"
    model.write_text("select id, seen, upper(state) as state from changes(files.events)\n")
    deliver(mesh, "3,12,c")
    mesh.run("apply", "--yes")
    assert states(mesh, "web.events.events") == [(1, 10, "A"), (2, 11, "B"), (3, 12, "C")]
    assert states(mesh, "web.copies.copies") == [(1, 10, "A"), (2, 11, "B"), (3, 12, "C")]


def test_a_query_as_of_an_earlier_time_sees_what_readers_saw(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "changes(files.events)", "append", keyed=False)
    deliver(mesh, "1,10,a")
    mesh.run("apply", "--yes")
    history = mesh.run("history", "web/events", "--format", "json").data
    then = history["publications"][0]["at"]
    deliver(mesh, "2,11,b")
    mesh.run("run", "web/events")
    sql = "select count(*) as n from web.events.events"
    assert mesh.rows(sql) == [{"n": 2}]
    assert mesh.rows(sql, "--as-of", then) == [{"n": 1}]
    now = mesh.run("history", "web/events", "--format", "json").data["publications"][0]["at"]
    assert mesh.rows(sql, "--as-of", now[:19]) == [{"n": 2}], "a second means its end"


def test_many_appends_keep_few_files_and_expired_publications_leave_none(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "changes(files.events)", "append", keyed=False)
    deliver(mesh, "0,0,a")
    mesh.run("apply", "--yes")
    for number in range(1, 40):
        deliver(mesh, f"{number},{number},a")
        mesh.run("run", "web/events")
    assert mesh.rows("select count(*) as n, sum(id) as s from web.events.events") == [{"n": 40, "s": 780}]
    mesh.run("gc", "--now")
    publications = mesh.run("history", "web/events", "--format", "json").data["publications"]
    assert len(publications) == 20
    served = [f for f in mesh.files() if "/events/events/v1/data/" in f]
    assert len(served) < 40
    assert mesh.rows("select count(*) as n from web.events.events", "--as-of", publications[-1]["at"]) == [
        {"n": 21}
    ]


def test_a_landing_keeps_few_files_and_its_changes_are_what_was_delivered(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "changes(files.events)", "append", keyed=False)
    for number in range(20):
        deliver(mesh, f"{number},{number},a")
        mesh.run(*(("run", "--downstream", "web/events") if number else ("apply", "--yes")))
    expected = [(number, number, "a") for number in range(20)]
    assert states(mesh, "web.events.events") == expected
    assert states(mesh, "web.copies.copies") == expected
    model = tmp_path / "domains/web/events/models/events.sql"
    model.write_text("select id, seen, upper(state) as state from changes(files.events)\n")
    mesh.run("apply", "--yes")
    assert states(mesh, "web.events.events") == [(number, number, "A") for number in range(20)]
    assert landed_files(tmp_path) < 8


def test_a_landing_that_is_merged_by_key_keeps_few_files(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "changes(files.events)", "merge")
    for number in range(20):
        deliver(mesh, f"{number},{number},a", f"{number - 9},{number},b")
        mesh.run(*(("run", "web/events") if number else ("apply", "--yes")))
    assert landed_files(tmp_path) < 16
    last = {id: seen for seen in range(20) for id in (seen, seen - 9)}
    assert [row[:2] for row in states(mesh, "web.events.events")] == sorted(last.items())
    model = tmp_path / "domains/web/events/models/events.sql"
    model.write_text("select id, seen, state from files.events\n")
    mesh.run("apply", "--yes")
    assert [row[:2] for row in states(mesh, "web.events.events")] == sorted(last.items())


def landed_files(root: Path) -> int:
    """How many files the newest publication of web/events sees of its landing."""
    with closing(sqlite3.connect(root / ".mesh/dev/registry.db")) as registry:
        query = (
            "select count(*) from mesh_files f join mesh_objects o on o.id = f.object"
            " where o.landing and o.product = 'events' and f.removed_number is null"
        )
        return int(registry.execute(query).fetchone()[0])


def another_source(mesh: MeshFolder, root: Path, **custom_settings: Any) -> None:
    """Let web/events follow its source in another way."""
    file = root / "domains/web/events/contracts/events-file-1.0.0.yaml"
    document = json.loads(file.read_text())
    obj = document["schema"][0]
    for name, value in custom_settings.items():
        if name == "columns":
            obj["properties"] += value
        elif name == "path":
            document["servers"][0]["path"] = value
        elif name == "id":
            document["id"] = value
        else:
            obj["customProperties"] = custom(**{name: value})
    file.write_text(json.dumps(document))


def test_another_source_behind_the_same_port_starts_anew(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "changes(files.events)", "merge")
    deliver(mesh, "1,100,eu", "2,101,eu")
    mesh.run("apply", "--yes")
    mesh.csv("data/us.csv", "id,seen,state", "7,5,us", "8,6,us")
    another_source(mesh, tmp_path, path="data/us.csv", id="us-file")
    product = tmp_path / "domains/web/events/product.yaml"
    product.write_text(product.read_text().replace("events-file", "us-file"))
    answer = mesh.run("apply", "--yes")
    assert "read again" in answer.text
    assert states(mesh, "web.events.events") == [(7, 5, "us"), (8, 6, "us")]


def test_another_cursor_starts_anew(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "files.events", "full")
    deliver(mesh, "1,100,a", "2,101,a")
    mesh.run("apply", "--yes")
    another_source(mesh, tmp_path, cursor="id")
    deliver(mesh, "1,100,a", "2,101,a", "3,1,b")
    mesh.run("apply", "--yes")
    assert states(mesh, "web.events.events") == [(1, 100, "a"), (2, 101, "a"), (3, 1, "b")]


def test_an_added_column_keeps_what_was_delivered_before(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "files.events", "full")
    deliver(mesh, "1,10,a", "2,11,a")
    mesh.run("apply", "--yes")
    another_source(mesh, tmp_path, columns=[column("note", "string")])
    mesh.csv("data/events.csv", "id,seen,state,note", "3,12,b,new")
    mesh.run("apply", "--yes")
    assert states(mesh, "web.events.events") == [(1, 10, "a"), (2, 11, "a"), (3, 12, "b")]
    model = tmp_path / "domains/web/events/models/events.sql"
    model.write_text("select id, seen, coalesce(note, 'none') as state from files.events\n")
    mesh.run("apply", "--yes")
    assert [s for _, _, s in states(mesh, "web.events.events")] == ["none", "none", "new"]


def test_a_row_without_a_cursor_or_key_is_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "files.events", "full")
    deliver(mesh, "1,10,a")
    mesh.run("apply", "--yes")
    deliver(mesh, "1,10,a", "2,,b")
    assert "`seen` is null in 1 row" in mesh.run("run", "web/events", code=1).text
    deliver(mesh, "1,10,a", ",11,b")
    assert "`id` is null in 1 row" in mesh.run("run", "web/events", code=1).text
    assert states(mesh, "web.events.events") == [(1, 10, "a")]


def test_equal_rows_of_a_source_without_a_key_are_all_kept(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "changes(files.events)", "append", keyed=False)
    deliver(mesh, "1,10,a", "1,10,a")
    mesh.run("apply", "--yes")
    deliver(mesh, "1,10,a", "1,10,a", "2,11,b", "2,11,b")
    mesh.run("run", "web/events")
    assert states(mesh, "web.events.events") == [(1, 10, "a")] * 2 + [(2, 11, "b")] * 2


def test_an_update_is_no_added_row_for_a_table_that_is_appended_to(tmp_path: Path) -> None:
    mesh = events_mesh(tmp_path, "changes(files.events)", "append")
    deliver(mesh, "1,10,a", "2,11,a")
    mesh.run("apply", "--yes")
    deliver(mesh, "1,12,b")
    mesh.run("run", "web/events")
    assert states(mesh, "web.events.events") == [(1, 12, "b"), (2, 11, "a")]


def test_a_follower_that_moves_to_another_major_starts_anew(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path)
    columns = [column("id"), column("v", "string")]
    mesh.product(
        "sales/orders",
        [contract("orders-1", {"o": columns}), contract("orders-2", {"o": columns}, version="2.0.0")],
        {"o.sql": "select 1 as id, 'old' as v\n", "o@2.sql": "select 1 as id, 'new' as v\n"},
        outputs=[("orders", "1.0.0", "orders-1"), ("orders", "2.0.0", "orders-2")],
    )

    def follow(version: str) -> None:
        mesh.product(
            "sales/log",
            [contract("log", {"log": columns})],
            {"log.sql": "select id, v from changes(orders.o)\n"},
            inputs=[("orders", f"orders-{version}")],
            outputs=[("log", "1.0.0", "log")],
            port_custom={"materialization": "append"},
        )
        file = tmp_path / "domains/sales/log/product.yaml"
        document = json.loads(file.read_text())
        document["inputPorts"][0]["version"] = f"{version}.0.0"
        file.write_text(json.dumps(document))

    follow("1")
    mesh.run("apply", "--yes")
    follow("2")
    mesh.run("apply", "--yes")
    assert mesh.rows("select v from sales.log.log") == [{"v": "new"}]


def test_a_model_that_gives_other_rows_each_time_is_merged_once(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path)
    columns = [column("id", required=True, primaryKey=True, primaryKeyPosition=1)]
    mesh.product(
        "lab/dice",
        [contract("dice", {"dice": columns})],
        {"dice.sql": "select range as id from range(1000) order by random() limit 300\n"},
        outputs=[("dice", "1.0.0", "dice")],
        port_custom={"materialization": "merge"},
    )
    mesh.run("apply", "--yes")
    for _ in range(4):
        mesh.run("run", "lab/dice")
    (found,) = mesh.rows("select count(*) as n, count(distinct id) as ids from lab.dice.dice")
    assert found["n"] == found["ids"] > 300
