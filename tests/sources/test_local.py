"""Files as sources: csv, json, jsonl, parquet; folders, patterns, compression, encodings."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from local_reading import CSV, ROWS, describe, extract, parquet
from source_building import column, read, table, types

from meshwright.errors import DriftError, InputError
from meshwright.model.types import ANY, ColumnType
from meshwright.provisioning.ports import Increment

# --- csv


def test_a_csv_file_is_read_in_the_types_of_its_contract(mesh: Path) -> None:
    (mesh / "drops/deals.csv").write_text(CSV)
    extraction = extract(mesh, "drops/deals.csv")
    assert read(extraction) == ROWS
    assert extraction.rows == 3
    assert extraction.bytes == Path(extraction.files[0]).stat().st_size
    assert types(extraction) == {
        "id": "BIGINT",
        "amount": "DECIMAL(10,2)",
        "signed": "DATE",
        "note": "VARCHAR",
    }


def test_columns_come_in_the_order_of_the_contract_and_others_are_left_out(mesh: Path) -> None:
    (mesh / "drops/deals.csv").write_text('extra,note,signed,amount,id\nx,"a, ""b""\nc",2026-01-02,1.5,7\n')
    assert read(extract(mesh, "drops/deals.csv")) == [(7, Decimal("1.50"), dt.date(2026, 1, 2), 'a, "b"\nc')]


@pytest.mark.parametrize("files", [["deals.csv"], ["deals/b.csv", "deals/a.csv"], ["deals.csv.gz"]])
def test_a_folder_holds_a_file_or_a_folder_of_the_objects_name(mesh: Path, files: list[str]) -> None:
    for number, name in enumerate(files):
        file = mesh / "drops" / name
        file.parent.mkdir(exist_ok=True)
        text = f"id,amount,signed,note\n{number},,,\n"
        file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    (mesh / "drops/others.csv").write_text("a\n1\n")
    # Files are read in the order of their names.
    assert [row[0] for row in read(extract(mesh, "drops"))] == sorted(range(len(files)), reverse=True)


def test_the_placeholder_and_patterns_find_files(mesh: Path) -> None:
    for day in ("2026-01-01", "2026-01-02"):
        (mesh / f"drops/{day}").mkdir()
        (mesh / f"drops/{day}/deals.csv").write_text(CSV)
    assert extract(mesh, "drops/*/{object}.csv").rows == 6
    assert extract(mesh, "drops/**/*.csv").rows == 6


def test_files_of_different_headers_are_read_together(mesh: Path) -> None:
    (mesh / "drops/1.csv").write_text("id,amount,signed,note\n1,,,\n")
    (mesh / "drops/2.csv").write_text("note,id,signed,new,amount\n,2,,x,\n")
    assert [row[0] for row in read(extract(mesh, "drops/*.csv"))] == [1, 2]


def test_a_name_with_wildcards_in_it_is_only_itself(mesh: Path) -> None:
    (mesh / "drops/deals[1].csv").write_text("id,amount,signed,note\n1,,,\n")
    (mesh / "drops/deals1.csv").write_text("id,amount,signed,note\n2,,,\n")
    assert read(extract(mesh, "drops/deals[1].csv"), "id") == [(1,)]


def test_compressed_and_foreign_text_is_read(mesh: Path) -> None:
    text = "id;amount;signed;note\n1;;;Zürich €\n"
    (mesh / "drops/a.csv.gz").write_bytes(gzip.compress(text.encode("cp1252")))
    with pa.output_stream(str(mesh / "drops/b.csv.zst"), compression="zstd") as stream:
        stream.write(text.encode("utf-8"))
    (mesh / "drops/c.csv").write_bytes(text.encode("utf-16"))
    (mesh / "drops/d.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    for name, encoding in [
        ("a.csv.gz", "cp1252"),
        ("b.csv.zst", "utf-8"),
        ("c.csv", "utf-16"),
        ("d.csv", None),
    ]:
        extraction = extract(mesh, f"drops/{name}", delimiter=";", encoding=encoding)
        assert read(extraction, "id, note") == [(1, "Zürich €")], name


def test_date_formats_of_the_contract_are_followed(mesh: Path) -> None:
    obj = table(
        "visits",
        column("on", "date", options={"format": "dd.MM.yyyy"}),
        column("at", "timestamp", options={"format": "yyyy-MM-dd'T'HH:mm:ssXXX"}),
    )
    (mesh / "drops/visits.csv").write_text("on,at\n3.1.2026,2026-01-03T10:00:00+02:00\n")
    extraction = extract(mesh, "drops/visits.csv", obj=obj)
    assert read(extraction) == [(dt.date(2026, 1, 3), dt.datetime(2026, 1, 3, 8))]


@pytest.mark.parametrize("zoned", [False, True])
def test_timestamps_with_an_offset_are_converted_to_utc(mesh: Path, zoned: bool) -> None:
    obj = table("visits", column("at", "timestamp", options={"timezone": zoned}))
    texts = [
        "2026-01-02 03:04:05",
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.000Z",
        "2026-01-02 04:04:05+01",
        "2026-01-01T22:04:05-05:00",
        "2026-01-02T05:04:05+0200",
    ]
    (mesh / "drops/visits.csv").write_text("\n".join(["at", *texts, ""]))
    extraction = extract(mesh, "drops/visits.csv", obj=obj)
    expected = "2026-01-02 03:04:05" + ("+00" if zoned else "")
    assert read(extraction, 'CAST("at" AS VARCHAR)') == [(expected,)] * len(texts)


@pytest.mark.parametrize(
    ("logical", "details", "good", "bad"),
    [
        (
            "integer",
            {},
            ["7", " 7 ", "+7", "-7", "7.0"],
            ["1.5", "0x10", "1_000", "7a", "99999999999999999999"],
        ),
        ("integer", {"physical_type": "smallint"}, ["32767"], ["32768"]),
        (
            "number",
            {"physical_type": "decimal(4,2)"},
            ["1.5", "-.5", "1.500", "1e1"],
            ["1.555", "100", "1e9", "nan"],
        ),
        ("number", {}, ["1.5", "1e300", "7"], ["1_0", "x"]),
        ("number", {"physical_type": "real"}, ["1.5"], ["1e300"]),
        ("boolean", {}, ["true", "F", "yes", "0"], ["maybe", "2"]),
        (
            "date",
            {},
            ["2026-01-02", "2026-01-02 00:00:00"],
            ["2026-01-02 10:00:00", "02/01/2026", "infinity"],
        ),
        ("time", {}, ["10:00", "23:59:59.5"], ["24:00:00", "10:00+02", "10"]),
        ("timestamp", {}, ["2026-01-02", "2026-01-02T10:00:00Z", "2026-01-02 10:00"], ["infinity", "10:00"]),
        ("string", {"physical_type": "uuid"}, ["4efa38df-8cfa-413c-8888-f015d6b56bbb"], ["4efa"]),
        ("array", {"items": column("i", "integer")}, ["[]", "[1, 2]", "[null]"], ["[1.5]", "{}", "[", "1"]),
    ],
)
def test_values_that_would_change_in_a_cast_do_not_fit(
    mesh: Path, logical: str, details: dict[str, Any], good: list[str], bad: list[str]
) -> None:
    obj = table("values", column("v", logical, **details))
    for text in good:
        (mesh / "drops/values.csv").write_text(f'v\n"{text}"\n')
        assert read(extract(mesh, "drops/values.csv", obj=obj))[0][0] is not None, text
    for text in bad:
        (mesh / "drops/values.csv").write_text(f'v\n"{text}"\n')
        with pytest.raises(DriftError, match=r"column v: 1 of 1 rows is no"):
            extract(mesh, "drops/values.csv", obj=obj)


def test_misfits_are_counted_by_column_with_an_example(mesh: Path) -> None:
    (mesh / "drops/deals.csv").write_text(CSV + "x,1,2026-01-01,\ny,abc,,\n")
    with pytest.raises(DriftError) as caught:
        extract(mesh, "drops/deals.csv")
    assert "column id: 2 of 5 rows are no int64, for example 'x'" in caught.value.what
    assert "column amount: 1 of 5 rows is no decimal(10,2), for example 'abc'" in caught.value.what
    assert caught.value.where == "contracts/c.yaml: server crm, object deals"
    assert list((mesh.parent / "out").iterdir()) == []


def test_examples_of_classified_columns_are_withheld(mesh: Path) -> None:
    obj = table("people", column("id", "integer"), column("iban", "integer", classification="confidential"))
    (mesh / "drops/people.csv").write_text("id,iban\n1,DE99-SECRET\n2,DE98-SECRET,more\n")
    with pytest.raises(DriftError) as malformed:
        extract(mesh, "drops/people.csv", obj=obj)
    assert "line 3" in str(malformed.value)
    assert "the header has 2 columns, the line 3" in str(malformed.value)
    (mesh / "drops/people.csv").write_text("id,iban\n1,DE99-SECRET\n")
    with pytest.raises(DriftError) as misfit:
        extract(mesh, "drops/people.csv", obj=obj)
    assert "1 of 1 rows" in str(misfit.value)
    assert "SECRET" not in str(malformed.value) + str(misfit.value) + repr(misfit.value.as_json())


def test_a_missing_column_is_drift_with_a_guess(mesh: Path) -> None:
    (mesh / "drops/deals.csv").write_text("id,Amount,signed\n1,2,\n")
    assert describe(mesh, "drops/deals.csv") == {"id": ANY, "Amount": ANY, "signed": ANY}
    with pytest.raises(DriftError, match=r"no column amount \(did you mean Amount\?\); no column note"):
        extract(mesh, "drops/deals.csv")


def test_a_wrong_delimiter_is_named(mesh: Path) -> None:
    (mesh / "drops/deals.csv").write_text(CSV.replace(",", ";"))
    with pytest.raises(DriftError, match="write `delimiter: ';'`"):
        extract(mesh, "drops/deals.csv")


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", DriftError, "has no header"),
        (b"id,amount,signed,note\n1,2\n", DriftError, "line 2"),
        (b"id,amount,signed,note\n1,,,\xff\xfe\n", DriftError, "not encoded in UTF-8"),
        (b"id,id,amount,signed,note\n1,1,,,\n", DriftError, "id more than once"),
    ],
)
def test_broken_csv_is_explained(mesh: Path, content: bytes, error: type[Exception], words: str) -> None:
    (mesh / "drops/deals.csv").write_bytes(content)
    with pytest.raises(error, match=words):
        extract(mesh, "drops/deals.csv")


# --- json


def test_json_of_every_layout_is_read(mesh: Path) -> None:
    records = [{"id": 1, "amount": 10.5, "signed": "2026-01-02", "note": "first"}, {"id": 2}]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (mesh / "drops/a.json").write_text(json.dumps(records))
    (mesh / "drops/b.jsonl").write_text(lines)
    (mesh / "drops/c.ndjson.gz").write_bytes(gzip.compress(lines.encode()))
    for name, form in [("a.json", "json"), ("b.jsonl", "jsonl"), ("c.ndjson.gz", "ndjson")]:
        assert read(extract(mesh, f"drops/{name}", form)) == ROWS[:2], name
        assert describe(mesh, f"drops/{name}", form) == dict.fromkeys(["id", "amount", "signed", "note"], ANY)


def test_nested_json_becomes_the_contracts_nested_types(mesh: Path) -> None:
    obj = table(
        "sites",
        column(
            "address",
            "object",
            properties=(column("city"), column("tags", "array", items=column("t", "integer"))),
        ),
        column("rents", "map", map_key=column("k"), map_value=column("v", "number")),
        column("raw"),
    )
    record = {
        "address": {"city": "Bern", "tags": [1, None], "unknown": True},
        "rents": {"a/b": 1.5, "c~d": None},
        "raw": {"x": [1]},
    }
    (mesh / "drops/sites.json").write_text(json.dumps([record, {"address": None}]))
    assert read(extract(mesh, "drops/sites.json", "json", obj)) == [
        ({"city": "Bern", "tags": [1, None]}, {"a/b": 1.5, "c~d": None}, '{"x":[1]}'),
        (None, None, None),
    ]
    for broken in (
        {"address": []},
        {"address": {"tags": ["x"]}},
        {"address": {"tags": 3}},
        {"rents": {"a": "x"}},
        {"rents": [1]},
    ):
        (mesh / "drops/sites.json").write_text(json.dumps([record, broken]))
        with pytest.raises(DriftError, match="1 of 2 rows is no"):
            extract(mesh, "drops/sites.json", "json", obj)


def test_a_json_record_may_leave_out_only_what_is_not_required(mesh: Path) -> None:
    (mesh / "drops/deals.json").write_text('[{"ID": 1, "note": "x"}]')
    with pytest.raises(DriftError, match=r"no column id \(did you mean ID\?\)"):
        extract(mesh, "drops/deals.json", "json")
    (mesh / "drops/deals.json").write_text("[]")
    assert extract(mesh, "drops/deals.json", "json").rows == 0
    assert describe(mesh, "drops/deals.json", "json") == dict.fromkeys(
        ["id", "amount", "signed", "note"], ANY
    )


# --- parquet


def test_parquet_is_read_with_its_own_types(mesh: Path) -> None:
    parquet(
        mesh / "drops/1.parquet",
        "SELECT 1::INTEGER id, 10.5::DECIMAL(6,1) amount, DATE '2026-01-02' signed, 'first' note",
    )
    parquet(
        mesh / "drops/2.parquet",
        "SELECT 2::BIGINT id, NULL::DECIMAL(10,2) amount, NULL::DATE signed, NULL::VARCHAR note",
    )
    assert describe(mesh, "drops/*.parquet", "parquet") == {
        "id": ANY,
        "amount": ANY,
        "signed": ColumnType("date"),
        "note": ColumnType("string"),
    }
    assert describe(mesh, "drops/1.parquet", "parquet")["amount"] == ColumnType("decimal", 6, 1)
    assert read(extract(mesh, "drops/*.parquet", "parquet")) == ROWS[:2]


def test_typed_values_that_would_be_rounded_do_not_fit(mesh: Path) -> None:
    parquet(
        mesh / "drops/deals.parquet",
        "SELECT 1.5::DOUBLE id, 1.555 amount, TIMESTAMP '2026-01-02 10:00' signed, 'x' note",
    )
    with pytest.raises(DriftError) as caught:
        extract(mesh, "drops/deals.parquet", "parquet")
    assert "id: 1 of 1" in caught.value.what
    assert "amount: 1 of 1" in caught.value.what
    assert "signed: 1 of 1" in caught.value.what


def test_a_type_that_can_never_fit_is_drift(mesh: Path) -> None:
    parquet(mesh / "drops/deals.parquet", "SELECT DATE '2026-01-01' id, 1 amount, NULL::DATE signed, '' note")
    with pytest.raises(DriftError, match="column id is date at the source and int64 in the contract"):
        extract(mesh, "drops/deals.parquet", "parquet")


# --- increments


def test_an_increment_is_read_from_its_lower_bound_on(mesh: Path) -> None:
    (mesh / "drops/deals.csv").write_text(CSV)
    first = extract(mesh, "drops/deals.csv", increment=Increment("signed"))
    assert (first.rows, first.cursor) == (3, "2026-01-03")
    later = extract(mesh, "drops/deals.csv", increment=Increment("signed", "2026-01-03", 86400.0))
    assert [row[0] for row in read(later)] == [1, 2, 3], "and what has no cursor, so that it shows"
    assert later.cursor == "2026-01-03"
    nothing = extract(mesh, "drops/deals.csv", increment=Increment("signed", "2026-02-01"))
    assert (nothing.rows, nothing.cursor) == (1, None)
    assert types(nothing)["amount"] == "DECIMAL(10,2)"


def test_a_cursor_that_does_not_fit_is_reported_and_not_skipped(mesh: Path) -> None:
    (mesh / "drops/deals.csv").write_text(CSV + "4,,soon,\n")
    with pytest.raises(DriftError, match="signed: 1 of 3 rows is no date"):
        extract(mesh, "drops/deals.csv", increment=Increment("signed", "2026-01-03"))


def test_a_cursor_that_is_no_column_is_refused(mesh: Path) -> None:
    (mesh / "drops/deals.csv").write_text(CSV)
    with pytest.raises(InputError, match="the cursor updated is no column of deals"):
        extract(mesh, "drops/deals.csv", increment=Increment("updated"))


def test_a_cursor_that_is_not_a_number_is_read_though_the_bounds_of_the_file_hide_it(mesh: Path) -> None:
    points = table("points", column("score", "number", physical_type="double"))
    rows = pa.table({"score": [1.0, float("nan"), 1.25]})
    pq.write_table(rows, mesh / "drops/points.parquet")
    later = extract(mesh, "drops/points.parquet", "parquet", points, Increment("score", "1.5"))
    assert (later.rows, later.cursor) == (1, None)
    assert read(later, "isnan(score)") == [(True,)]
