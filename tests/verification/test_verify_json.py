"""JSON documents and JSON lines are verified where they lie, in the contract's types."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tests.verification.given import declare, prop, verify


def lines(folder: Path, *records: dict[str, Any], name: str = "deals.jsonl") -> None:
    (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.mark.parametrize("name", ["deals.json", "deals.jsonl", "deals.jsonl.gz"])
def test_a_required_key_that_is_left_out_is_null(tmp_path: Path, name: str) -> None:
    declare(tmp_path, prop("id", "integer", required=True), prop("note", "string"))
    records = [{"id": 1, "note": "x"}, {"note": "y"}, {"id": None}]
    text = json.dumps(records) if name == "deals.json" else "\n".join(map(json.dumps, records))
    (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    found = verify(tmp_path, "--data", name)
    assert found.code == 1
    assert found.failed == {"deals.id.required": "2 of 3 rows"}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("integer", [1, -7, 1.0], ["1", 1.5, True, [1], {}]),
        ("number", [1, 1.5, 1e300], ["1.5", False, []]),
        ("string", ["", "5", 'a"\\\u00e9'], [5, 1.5, True, {}, []]),
        ("boolean", [True, False], ["true", 1, 0]),
        ("date", ["2024-02-29"], ["2023-02-29", "2024-01-01T10:00:00", 20240101]),
        ("timestamp", ["2024-01-01T10:00:00Z"], ["x", 1704103200]),
        ("object", [{}, {"a": 1}], ["{}", 1, []]),
        ("array", [[], [1, "a"]], ["[]", {}, 1]),
        ("map", [{}, {"a": "b"}], [[], "x"]),
    ],
)
@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_a_value_of_another_json_type_is_of_another_type(
    tmp_path: Path, form: str, kind: str, good: list[Any], bad: list[Any]
) -> None:
    more = {"map": {"key": prop("k", "string"), "value": prop("v", "string")}} if kind == "map" else {}
    declare(tmp_path, prop("v", kind, required=True, **more))
    records = [{"v": value} for value in [*good, *bad]]
    if form == "jsonl":
        lines(tmp_path, *records)
    else:
        (tmp_path / "deals.json").write_text(json.dumps(records))
    found = verify(tmp_path, "--data", f"deals.{form}")
    assert found.failed == {"deals.v.type": f"{len(bad)} of {len(records)} rows hold another"}
    shown = [sample["v"] for sample in found.checks["deals.v.type"]["samples"]]
    assert shown[0] == (bad[0] if isinstance(bad[0], str) else json.dumps(bad[0]))


def test_nested_values_are_judged_at_their_own_places(tmp_path: Path) -> None:
    line = prop(
        "line",
        "object",
        properties=[prop("sku", "string", required=True), prop("n", "integer", options={"minimum": 1})],
    )
    declare(
        tmp_path,
        prop("id", "integer"),
        prop("lines", "array", items=line),
        prop("at", "object", properties=[prop("zip", "string", required=True), prop("on", "date")]),
    )
    lines(
        tmp_path,
        {"id": 1, "lines": [{"sku": "a", "n": 1}], "at": {"zip": "1", "on": "2024-01-01"}},
        {"id": 2, "lines": [{"sku": 5, "n": 1}, {"n": 0}], "at": {"zip": 1, "on": "soon"}},
        {"id": 3, "lines": ["x", {"sku": "b", "n": "1"}], "at": "here"},
        {"id": 4, "lines": {"sku": "a"}, "at": {"zip": None}},
        {"id": 5},
    )
    found = verify(tmp_path, "--data", "deals.jsonl")
    assert found.failed == {
        "deals.lines.type": "1 of 5 rows hold another",
        "deals.lines[].type": "1 of 5 rows hold another",
        "deals.lines[].sku.type": "1 of 5 rows hold another",
        "deals.lines[].n.type": "1 of 5 rows hold another",
        "deals.lines[].n.bounds": "1 of 5 rows",
        "deals.at.type": "1 of 5 rows hold another",
        "deals.at.zip.type": "1 of 5 rows hold another",
        "deals.at.zip.required": "1 of 5 rows",
        "deals.at.on.type": "1 of 5 rows hold another",
    }
    assert found.checks["deals.lines[].n.type"]["samples"] == [{"lines[].n": "1"}]


def test_keys_and_values_of_a_map_are_judged(tmp_path: Path) -> None:
    prices = prop("prices", "map", map={"key": prop("day", "date"), "value": prop("price", "number")})
    declare(tmp_path, prices)
    lines(tmp_path, {"prices": {"2024-01-01": 1}}, {"prices": {"soon": 1}}, {"prices": {"2024-01-01": "1"}})
    assert set(verify(tmp_path, "--data", "deals.jsonl").failed) == {
        "deals.prices{key}.type",
        "deals.prices{}.type",
    }


@pytest.mark.parametrize(("name", "text"), [("d.json", "[]"), ("d.json", ""), ("d.jsonl", "")])
def test_no_records_violate_nothing(tmp_path: Path, name: str, text: str) -> None:
    declare(tmp_path, prop("id", "integer", required=True, unique=True))
    (tmp_path / name).write_text(text)
    found = verify(tmp_path, "--data", name)
    assert (found.code, found.failed) == (0, {})


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("d.jsonl", '{"id": 1}\n{"id":\n', "it is no well-formed JSON, at byte"),
        ("d.jsonl", '{"id": 1} x\n', "it is no well-formed JSON, at byte"),
        ("d.json", '[{"id": 1}, {"id"', "it is no well-formed JSON, at byte"),
        ("d.jsonl", "5\n", "d.jsonl holds what is no record, in line 1"),
        ("d.jsonl", '[{"id": 1}]\n', "d.jsonl holds what is no record, in line 1"),
        ("d.json", '[{"id": 1}, 7]', "d.json holds what is no record, in record/value 2"),
        ("d.jsonl", '{"id": 1, "id": 2}\n', "an object has a key twice"),
    ],
)
def test_a_file_that_is_no_json_is_one_clear_error(tmp_path: Path, name: str, text: str, says: str) -> None:
    declare(tmp_path, prop("id", "integer"))
    (tmp_path / name).write_text(text)
    found = verify(tmp_path, "--data", name, json_report=False)
    assert found.code == 2
    assert says in found.err
