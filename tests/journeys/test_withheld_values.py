"""Values are in no error, no fact and no output, whatever fails while they are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mesh_folder import MeshFolder, column, contract, csv_server

VALUE = "ada@secret.example"

SQL = {
    "a cast": ("select id, cast(email as integer) as number from crm.people", "email"),
    "a cast of what is in another model": ("select id, email::int as number from all_people", "INT32"),
    "a cast of a number": ("select id, (code * 1000)::tinyint as number from crm.people", "INT8"),
    "an overflow": ("select id, (code * code * code * code * code)::int as number from crm.people", "INT"),
    "a date": ("select id, year(email::date) as number from crm.people", "date field"),
    "a format": ("select id, year(strptime(email, '%Y')) as number from crm.people", "Could not parse"),
    "JSON": ("select id, json_extract(email, '$.a')::int as number from crm.people", "Malformed JSON"),
    "a type of parts": ("select id, len(email::int[]) as number from crm.people", "INTEGER[]"),
    "a zone": ("select id, year(timezone(email, now())) as number from crm.people", "withheld"),
}
"""Models that fail on a value, and what their errors still say."""

CODE = 7654321


def people(root: Path, model: str, file: str = "people.sql", **email: dict[str, Any]) -> MeshFolder:
    mesh = MeshFolder(root)
    mesh.csv("data/people.csv", "id,email,code", f"1,{VALUE},{CODE}")
    columns = [column("id"), column("email", "string", classification="confidential"), column("code")]
    mesh.product(
        "crm/people",
        [
            contract("people-file", {"people": columns}, servers=csv_server("data/people.csv")),
            contract("people", {"people": [column("id"), column("number"), *email.values()]}),
        ],
        {file: model, "all_people.sql": "select * from crm.people\n"},
        inputs=[("crm", "people-file")],
        outputs=[("people", "1.0.0", "people")],
    )
    return mesh


def assert_withheld(mesh: MeshFolder, *told: str) -> None:
    """Neither value is in what is printed, in facts, or in any file of the environment."""
    shown = mesh.run("apply", "--yes", code=1).text
    shown += mesh.run("run", "crm/people", "--format", "json", code=1).text
    shown += mesh.run("facts", "--format", "json").text + mesh.run("history", "crm/people").text
    for value in (VALUE, "ada@", str(CODE)):
        assert value not in shown
        for file in (mesh.root / ".mesh").rglob("*"):
            assert not file.is_file() or value.encode() not in file.read_bytes(), file
    assert all(part in shown for part in told), shown


@pytest.mark.parametrize("case", SQL)
def test_a_model_that_fails_on_a_value_does_not_tell_it(tmp_path: Path, case: str) -> None:
    model, told = SQL[case]
    assert_withheld(people(tmp_path, model + "\n"), told, "people.sql")


def test_a_python_model_tells_its_error_but_neither_message_nor_output_of_classified_data(
    tmp_path: Path,
) -> None:
    model = """
        def model(crm__people):
            rows = crm__people.read_all().to_pylist()
            print(rows)
            return int(rows[0]["email"])
    """
    text = "\n".join(line[8:] for line in model.splitlines())
    assert_withheld(people(tmp_path, text, "people.py"), "ValueError", "people.py:5", "int(rows[0]")


def test_a_python_model_over_a_model_that_fails_does_not_tell_the_value(tmp_path: Path) -> None:
    mesh = people(tmp_path, "def model(numbers):\n    return numbers.read_all()\n", "people.py")
    (tmp_path / "domains/crm/people/models/numbers.sql").write_text(
        "select id, email::int as number from crm.people\n"
    )
    assert_withheld(mesh, "Could not convert string", "INT32")


def test_a_stream_that_fails_on_its_way_to_python_does_not_tell_the_value(tmp_path: Path) -> None:
    mesh = people(tmp_path, "def model(numbers):\n    return numbers.read_all()\n", "people.py")
    mesh.csv("data/people.csv", "id,email,code", *(f"{n},{n},1" for n in range(200_000)), f"1,{VALUE},{CODE}")
    (tmp_path / "domains/crm/people/models/numbers.sql").write_text(
        "select id, email::int as number from crm.people\n"
    )
    assert_withheld(mesh, "INT32")


def test_a_query_that_fails_on_a_value_does_not_tell_it(tmp_path: Path) -> None:
    mesh = people(
        tmp_path, "select id, email, code as number from crm.people\n", email=column("email", "string")
    )
    mesh.run("apply", "--yes")
    answer = mesh.run("query", "select email::int from crm.people.people", code=2)
    assert "Could not convert string (withheld) to INT32" in answer.err and VALUE not in answer.text
    assert "TRY_CAST" in answer.err


def test_a_rule_that_fails_on_a_value_does_not_tell_it(tmp_path: Path) -> None:
    rule = {"type": "sql", "query": "select max(email::int) from people", "mustBe": 0}
    email = column("email", "string", quality=[rule])
    mesh = people(tmp_path, "select id, email, code as number from crm.people\n", email=email)
    shown = mesh.run("apply", "--yes", code=1).text + mesh.run("facts", "--format", "json").text
    assert "Could not convert string (withheld)" in shown and VALUE not in shown


@pytest.mark.parametrize(
    ("server", "text", "told"),
    [
        ("csv", f"id,email,code\n{VALUE},a,1\n", "id: 1 of 1 rows is no"),
        ("csv", f"id,email,code\n1,{VALUE},1,2\n", "line 2"),
        ("json", f'[{{"id": 1, "email": {VALUE}}}]', "people.json"),
        ("jsonl", f'{{"id": 1, "email": "a", "code": 1}}\n{{"id": {VALUE}}}\n', "people.jsonl"),
    ],
)
def test_a_file_that_cannot_be_read_does_not_show_its_rows(
    tmp_path: Path, server: str, text: str, told: str
) -> None:
    mesh = people(tmp_path, "select id, code as number from crm.people\n")
    (tmp_path / f"data/people.{server}").write_text(text)
    path = tmp_path / "domains/crm/people/contracts/people-file-1.0.0.yaml"
    document = json.loads(path.read_text())
    document["servers"][0] |= {"path": f"data/people.{server}", "format": server}
    document["schema"][0]["properties"][0]["classification"] = "confidential"
    path.write_text(json.dumps(document))
    shown = mesh.run("apply", "--yes", code=None).text + mesh.run("facts", "--format", "json").text
    assert told in shown and VALUE not in shown, shown
