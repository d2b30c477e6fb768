"""A mesh with everything that a run can write, and what it must hold after each delivery.

shop/sales reads an incremental CSV source (so it has a landing) and serves two ports with four
objects: an append in partitions, a merge, a full one, and a full one that may come from Python.
shop/report follows what was added to the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mesh_folder import MeshFolder, column, contract, csv_server, custom

SCORES = """
import pyarrow as pa


def model(files__sales):
    table = files__sales.read_all().select(["id", "amount"])
    return table.group_by("id").aggregate([("amount", "sum")]).rename_columns(["id", "score"])
"""

SCORES_IN_SQL = "select id, cast(sum(amount) as bigint) as score from files.sales group by id"

LATEST = """
select id, state, seq from changes(files.sales)
qualify row_number() over (partition by id order by seq desc) = 1
"""

TABLES: Mapping[str, str] = {
    "sales": "shop.sales.sales",
    "latest": "shop.sales.latest",
    "totals": "shop.sales.totals",
    "scores": "shop.sales.scores",
    "report": "shop.report.report",
}
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sales": ("id", "day", "amount", "state", "seq"),
    "latest": ("id", "state", "seq"),
    "totals": ("state", "n", "amount"),
    "scores": ("id", "score"),
    "report": ("id", "seq"),
}
OF_SALES = ("sales", "latest", "totals", "scores")

Contents = Mapping[str, list[str]]
"""Each object's rows as sorted lines."""


def batch(number: int) -> list[tuple[int, str, int, str, int]]:
    """What the source adds with one delivery: new rows in two months, and news of row 1."""
    return [
        (number * 10 + 2, "2024-01-15", number, "open", number),
        (number * 10 + 3, "2024-02-15", number * 2, "open", number),
        (1, "2024-01-01", 5, f"s{number}", number),
    ]


def deliver(mesh: MeshFolder, number: int) -> None:
    """Let the source hold deliveries 1 to `number`."""
    rows = [row for one in range(1, number + 1) for row in batch(one)]
    mesh.csv("data/sales.csv", "id,day,amount,state,seq", *(",".join(map(str, row)) for row in rows))


def expected(number: int) -> Contents:
    """What every object holds after deliveries 1 to `number`."""
    rows = [row for one in range(1, number + 1) for row in batch(one)]
    latest = {row[0]: row for row in rows}
    states: dict[str, list[int]] = {}
    scores: dict[int, int] = {}
    for id, _, amount, state, _ in rows:
        states.setdefault(state, []).append(amount)
        scores[id] = scores.get(id, 0) + amount
    found: Mapping[str, list[tuple[object, ...]]] = {
        "sales": list(rows),
        "latest": [(id, row[3], row[4]) for id, row in latest.items()],
        "totals": [(state, len(amounts), sum(amounts)) for state, amounts in states.items()],
        "scores": list(scores.items()),
        "report": [(row[0], row[4]) for row in rows],
    }
    return {name: sorted("|".join(map(str, row)) for row in lines) for name, lines in found.items()}


def shop_mesh(root: Path, python: bool = False, **settings: object) -> MeshFolder:
    """The mesh with its first delivery; nothing is applied. `python` builds one object in Python.

    Files wait for nobody unless `settings` say so.
    """
    mesh = MeshFolder(root, "acme", environments={"dev": {"grace_seconds": 0, **settings}})
    id = column("id", required=True)
    source = contract(
        "sales-file",
        {"sales": [id, column("day", "date"), column("amount"), column("state", "string"), column("seq")]},
        servers=csv_server("data/sales.csv"),
    )
    source["schema"][0]["customProperties"] = custom(cursor="seq")
    facts = contract(
        "sales-facts",
        {
            "sales": [
                id,
                column("day", "date", partitioned=True, partitionKeyPosition=1),
                column("amount"),
                column("state", "string"),
                column("seq"),
            ],
            "latest": [
                column("id", required=True, primaryKey=True, primaryKeyPosition=1),
                column("state", "string"),
                column("seq"),
            ],
        },
    )
    for obj, how in zip(facts["schema"], ("append", "merge"), strict=True):
        obj["customProperties"] = custom(materialization=how)
    insight = contract(
        "sales-insight",
        {
            "totals": [column("state", "string", unique=True), column("n"), column("amount")],
            "scores": [column("id", unique=True), column("score")],
        },
    )
    mesh.product(
        "shop/sales",
        [source, facts, insight],
        {
            "sales.sql": "select id, day, amount, state, seq from changes(files.sales)\n",
            "latest.sql": LATEST,
            "totals.sql": "select state, count(*) as n, cast(sum(amount) as bigint) as amount "
            "from files.sales group by state\n",
            **({"scores.py": SCORES} if python else {"scores.sql": SCORES_IN_SQL}),
        },
        inputs=[("files", "sales-file")],
        outputs=[("facts", "1.0.0", "sales-facts"), ("insight", "1.0.0", "sales-insight")],
    )
    mesh.product(
        "shop/report",
        [contract("report", {"report": [column("id"), column("seq")]})],
        {"report.sql": "select id, seq from changes(facts.sales)\n"},
        inputs=[("facts", "sales-facts")],
        outputs=[("report", "1.0.0", "report")],
        port_custom={"materialization": "append"},
    )
    deliver(mesh, 1)
    return mesh
