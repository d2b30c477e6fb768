"""A model that is read more than once is computed once."""

from __future__ import annotations

from pathlib import Path

import pytest
from mesh_folder import MeshFolder, column, contract, csv_server, custom

TICKETS = "select id, gen_random_uuid()::text as ticket from crm.people"

CASES = {
    "two outputs that read it": {
        "tickets.sql": TICKETS,
        "first.sql": "select id, ticket from tickets",
        "second.sql": "select id, ticket from tickets",
    },
    "an output, and another that reads that": {
        "first.sql": TICKETS,
        "second.sql": "select id, ticket from first",
    },
    "two outputs that read it through a selection": {
        "tickets.sql": TICKETS,
        "few.sql": "select t.* from tickets as t where t.id < 1000",
        "first.sql": "select id, ticket from few",
        "second.sql": "select id, ticket from few where ticket is not null",
    },
    "two outputs, one of them in Python": {
        "tickets.sql": TICKETS,
        "first.sql": "select id, ticket from tickets",
        "second.py": "def model(tickets):\n    return tickets.read_all()\n",
    },
    "a model that reads it twice": {
        "tickets.sql": TICKETS,
        "first.sql": "select a.id, b.ticket from tickets as a join tickets as b on a.ticket = b.ticket",
        "second.sql": "select id, ticket from first",
    },
}


def tickets_mesh(root: Path, models: dict[str, str], **port_custom: object) -> MeshFolder:
    mesh = MeshFolder(root)
    mesh.csv("data/people.csv", "id", "1", "2", "3")
    source = contract("people-file", {"people": [column("id")]}, servers=csv_server("data/people.csv"))
    source["schema"][0]["customProperties"] = custom(cursor="id")
    columns = [column("id"), column("ticket", "string", required=True)]
    mesh.product(
        "crm/people",
        [source, contract("one", {"first": columns}), contract("two", {"second": columns})],
        {file: text + "\n" for file, text in models.items()},
        inputs=[("crm", "people-file")],
        outputs=[("one", "1.0.0", "one"), ("two", "1.0.0", "two")],
        port_custom=port_custom,
    )
    return mesh


def tickets(mesh: MeshFolder, table: str) -> list[tuple[int, str]]:
    rows = mesh.rows(f"select id, ticket from crm.people.{table} order by id")
    return [(row["id"], row["ticket"]) for row in rows]


@pytest.mark.parametrize("case", CASES)
def test_what_shares_a_model_sees_the_same_rows(tmp_path: Path, case: str) -> None:
    mesh = tickets_mesh(tmp_path, CASES[case])
    mesh.run("apply", "--yes")
    first = tickets(mesh, "first")
    assert len(first) == 3 and first == tickets(mesh, "second")


def test_what_shares_the_changes_of_an_input_sees_the_same_rows(tmp_path: Path) -> None:
    models = {
        **CASES["two outputs that read it"],
        "tickets.sql": TICKETS.replace("crm.people", "changes(crm.people)"),
    }
    mesh = tickets_mesh(tmp_path, models, materialization="append")
    mesh.run("apply", "--yes")
    before = tickets(mesh, "first")
    mesh.csv("data/people.csv", "id", "1", "2", "3", "4", "5")
    mesh.run("run", "crm/people")
    after = tickets(mesh, "first")
    assert len(after) == 5 and after[:3] == before and after == tickets(mesh, "second")


def test_a_model_that_fails_is_told_with_its_own_file(tmp_path: Path) -> None:
    wrong = "select id, (id || 'x')::int::text as ticket from crm.people"
    models = {**CASES["two outputs that read it"], "tickets.sql": wrong}
    told = " ".join(tickets_mesh(tmp_path, models).run("apply", "--yes", code=1).text.split())
    assert "models/tickets.sql: the model failed: Could not convert string (withheld) to INT32" in told
