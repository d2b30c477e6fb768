"""CSV files are verified where they lie, in the contract's types."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pytest
from tests.journeys.mesh_folder import custom
from tests.verification.given import declare, prop, verify

DEALS = (
    prop("id", "string", primaryKey=True, required=True, unique=True),
    prop("amount", "number", physicalType="decimal(10,2)", options={"minimum": 0}),
    prop("day", "date", required=True),
)


def test_digits_stay_text_where_the_contract_says_so(tmp_path: Path) -> None:
    declare(tmp_path, prop("id", "string", unique=True, options={"minLength": 3, "maxLength": 3}))
    (tmp_path / "deals.csv").write_text("id\n007\n070\n")
    found = verify(tmp_path, "--data", "deals.csv")
    assert (found.code, found.failed) == (0, {})


def test_a_value_of_another_type_fails_that_check_and_no_other(tmp_path: Path) -> None:
    declare(tmp_path, *DEALS)
    (tmp_path / "deals.csv").write_text(
        "id,amount,day\n1,1.50,2024-01-01\n2,1.239,2024-01-02\n3,-1,2024-01-03 10:00\n4,x,tomorrow\n"
    )
    found = verify(tmp_path, "--data", "deals.csv")
    assert found.code == 1
    assert found.failed == {
        "deals.amount.type": "2 of 4 rows hold another",
        "deals.amount.bounds": "1 of 4 rows",
        "deals.day.type": "2 of 4 rows hold another",
    }
    assert found.checks["deals.amount.type"]["samples"] == [
        {"id": "2", "amount": "1.239"},
        {"id": "4", "amount": "x"},
    ]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("integer", ["1", "-7", "007", "+5", "1.0"], ["1.5", "1e3", "0x10", "1_000", "9223372036854775808"]),
        ("number", ["1.5", "1e3", "-0"], ["1,5", "1_0", "abc"]),
        ("boolean", ["true", "false", "TRUE"], ["maybe", "2"]),
        ("date", ["2024-02-29"], ["2023-02-29", "2024-01-01 10:00", "infinity", "01/02/2024"]),
        ("timestamp", ["2024-01-01 10:00:00", "2024-01-01T10:00:00Z"], ["10:00", "noon", "infinity"]),
        ("time", ["10:00", "10:00:00.5"], ["10:00:00+02", "25:00:00"]),
    ],
)
def test_what_is_a_value_of_a_type(tmp_path: Path, kind: str, good: list[str], bad: list[str]) -> None:
    declare(tmp_path, prop("n", "integer", required=True), prop("v", kind, required=True))
    rows = [*good, *bad]
    (tmp_path / "d.csv").write_text("n,v\n" + "".join(f'{n},"{v}"\n' for n, v in enumerate(rows)))
    found = verify(tmp_path, "--data", "d.csv")
    assert found.failed == {"deals.v.type": f"{len(bad)} of {len(rows)} rows hold another"}
    assert [sample["v"] for sample in found.checks["deals.v.type"]["samples"]] == bad[:5]


def test_classified_values_that_do_not_fit_are_withheld(tmp_path: Path) -> None:
    declare(tmp_path, prop("id", "integer"), prop("iban", "integer", classification="restricted"))
    (tmp_path / "d.csv").write_text("id,iban\n1,DE89\n")
    found = verify(tmp_path, "--data", "d.csv", json_report=False)
    assert found.code == 1
    assert "DE89" not in found.out
    assert "withheld" in found.out


def test_a_key_with_a_value_of_another_type_is_judged_on_the_rest(tmp_path: Path) -> None:
    declare(tmp_path, prop("id", "integer", primaryKey=True, required=True))
    (tmp_path / "d.csv").write_text('id\n1\nx\n1\n""\n2\n')
    assert verify(tmp_path, "--data", "d.csv").failed == {
        "deals.id.type": "1 of 5 rows hold another",
        "deals.id.required": "1 of 5 rows",
        "deals.primary_key": "2 of 5 rows",
    }


def test_columns_are_found_by_name_in_every_file(tmp_path: Path) -> None:
    declare(tmp_path, *DEALS)
    (tmp_path / "a.csv").write_text("day,id,amount,more\n2024-01-01,1,1.5,x\n")
    (tmp_path / "b.csv").write_text("id,amount,day\n2,2.5,2024-01-02\n")
    assert verify(tmp_path, "--data", "?.csv").failed == {}
    (tmp_path / "c.csv").write_text("id,amount\n3,2.5\n")
    assert verify(tmp_path, "--data", "?.csv").failed == {"deals.day.required": "1 of 3 rows"}


def test_a_column_that_is_not_there_is_a_failed_check(tmp_path: Path) -> None:
    declare(tmp_path, *DEALS)
    (tmp_path / "d.csv").write_text("id,amount,Day\n1,1.5,2024-01-01\n")
    found = verify(tmp_path, "--data", "d.csv")
    assert found.code == 1
    assert found.checks["deals.day.present"]["observed"] == "no column `day`; there is `Day`"


def test_compressed_files_delimiters_and_encodings(tmp_path: Path) -> None:
    server = {
        "type": "local",
        "path": "d.csv.gz",
        "format": "csv",
        "customProperties": custom(delimiter=";", encoding="cp1252"),
    }
    declare(tmp_path, prop("name", "string", options={"maxLength": 4}), prop("n", "integer"), server=server)
    (tmp_path / "d.csv.gz").write_bytes(gzip.compress("name;n\nZoë€;1\n".encode("cp1252")))
    assert verify(tmp_path).failed == {}
    declare(tmp_path, prop("name", "string"), prop("n", "integer"))
    with pa.CompressedOutputStream(str(tmp_path / "d.csv.zst"), "zstd") as stream:
        stream.write(b"name,n\nx,1\n")
    assert verify(tmp_path, "--data", "d.csv.zst").failed == {}


@pytest.mark.parametrize("text", ["", "id,amount,day\n", "\ufeffid,amount,day\n"])
def test_no_rows_violate_nothing(tmp_path: Path, text: str) -> None:
    declare(tmp_path, *DEALS, quality=[{"type": "library", "metric": "rowCount", "mustBe": 0}])
    (tmp_path / "d.csv").write_text(text, encoding="utf-8")
    found = verify(tmp_path, "--data", "d.csv")
    assert (found.code, found.failed) == (0, {})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"id,amount,day\n1,1,2024-01-01\n2,1\n", "d.csv is no well-formed CSV, line 3"),
        (b"id,amount,day\n1,1,2024-01-01,5\n", "d.csv is no well-formed CSV, line 2"),
        (b'id,amount,day\n1,"1,2024-01-01\n', "d.csv is no well-formed CSV, line 2"),
        (b"id,amount,day\n\xe9,1,2024-01-01\n", "d.csv, line 2 is not encoded in UTF-8"),
        (b"id;amount;day\n1;1;2024-01-01\n", "the header is separated by ';'"),
        (b"id,id,day\n1,1,2024-01-01\n", "the column id more than once"),
    ],
)
def test_a_file_that_is_no_csv_is_one_clear_error(tmp_path: Path, text: bytes, says: str) -> None:
    declare(tmp_path, *DEALS)
    (tmp_path / "d.csv").write_bytes(text)
    found = verify(tmp_path, "--data", "d.csv", json_report=False)
    assert found.code == 2
    assert says in found.err
    assert "2024" not in found.err


def test_a_rule_in_sql_sees_the_columns_in_their_types(tmp_path: Path) -> None:
    rules = [
        {"type": "sql", "query": "SELECT sum(n) FROM deals", "mustBe": 8},
        {"type": "sql", "query": "SELECT count(*) FROM (SELECT DISTINCT * FROM deals)", "mustBe": 2},
        {"type": "sql", "query": "SELECT COUNT(*) FROM deals WHERE more = '007'", "mustBe": 1},
    ]
    declare(tmp_path, prop("n", "integer"), quality=rules)
    (tmp_path / "d.csv").write_text("n,more\n1,007\n7,8\n")
    assert verify(tmp_path, "--data", "d.csv").failed == {}


def test_a_rule_may_try_to_cast_a_column_that_stays_text(tmp_path: Path) -> None:
    query = "SELECT count(*) FROM deals WHERE TRY_CAST(more AS INTEGER) IS NULL"
    whole = "SELECT count(DISTINCT TRY_CAST(more AS INTEGER)) FROM deals"
    rules = [{"type": "sql", "query": query, "mustBe": 1}, {"type": "sql", "query": whole, "mustBe": 1}]
    declare(tmp_path, prop("n", "integer"), quality=rules)
    (tmp_path / "d.csv").write_text("n,more\n1,007\n7,x\n")
    assert verify(tmp_path, "--data", "d.csv").failed == {}


@pytest.mark.parametrize(
    ("query", "observed"),
    [
        ("SELECT count(*) FROM deals", 5),
        ("SELECT count(*) AS k FROM deals d WHERE d.n > 1 AND NOT d.m BETWEEN 0 AND 1", 1),
        ("SELECT count(*) FROM deals WHERE CASE WHEN n > 2 THEN m END IS NULL", 4),
        ("SELECT count(*) FROM deals WHERE n", 4),
        ("SELECT count(*) FROM deals WHERE n > (SELECT min(m) FROM deals)", 3),
        ("SELECT count(*) FROM deals GROUP BY ALL", 5),
        ("SELECT count(m) FROM deals WHERE n > 1", 2),
        (
            "SELECT count(*) FROM deals WHERE n > 1 LIMIT 0",
            "the query must return one value, and returned no row",
        ),
        ('SELECT count(*) FROM deals WHERE "n as found" = 1', "the query failed"),
        ("SELECT count(*) FROM deals WHERE k.n > 1", "the query failed"),
        ("SELECT count(*) FROM deals WHERE sum(n) > 1", "the query failed"),
        ("SELECT count(*) FROM deals WHERE CAST(n || 'x' AS INTEGER) > 1", "the query failed"),
        ("SELECT count(*) FROM deals WHERE getenv('HOME') = ''", "the query calls `getenv`"),
    ],
)
def test_a_rule_that_counts_rows_counts_what_it_would_alone(
    tmp_path: Path, query: str, observed: int | str
) -> None:
    rule = {"type": "sql", "query": query, "mustBe": -1}
    declare(tmp_path, prop("n", "integer"), prop("m", "integer"), quality=[rule])
    (tmp_path / "d.csv").write_text("n,m\n0,1\n1,x\n2,5\n4,\n3,1\n")
    check = verify(tmp_path, "--data", "d.csv").checks["deals.quality[0]"]
    assert str(observed) in str(check["observed"]), check


def test_no_text_is_a_missing_value_that_counts(tmp_path: Path) -> None:
    rule = {"metric": "missingValues", "arguments": {"missingValues": [None, "", "N/A"]}, "mustBe": 0}
    declare(tmp_path, prop("n", "integer"), prop("name", "string", quality=[rule]))
    (tmp_path / "d.csv").write_text("n,name\n1,\n2,N/A\n3,x\n")
    assert verify(tmp_path, "--data", "d.csv").failed == {"deals.name.quality[0]": "2 of 3 rows"}


def test_a_column_without_a_single_value_of_its_type_fails(tmp_path: Path) -> None:
    declare(tmp_path, prop("n", "integer"), prop("x", "number"), prop("on", "date"))
    (tmp_path / "d.csv").write_text("n,x,on\nx,1_0,epoch\ny,y,soon\n")
    assert set(verify(tmp_path, "--data", "d.csv").failed) == {
        "deals.n.type",
        "deals.x.type",
        "deals.on.type",
    }


def test_a_value_of_another_type_far_down_is_found(tmp_path: Path) -> None:
    declare(tmp_path, prop("n", "integer", unique=True), prop("x", "number"), prop("on", "date"))
    rows = [f"{n},{n}.5,2024-01-01" for n in range(10_000)]
    for line, row in ((9_000, "9e3,1,2024-01-01"), (9_500, "-1,1_0,2024-01-01"), (9_900, "-2,1,infinity")):
        rows[line] = row
    (tmp_path / "d.csv").write_text("n,x,on\n" + "\n".join(rows) + "\n")
    one = "1 of 10,000 rows hold another"
    failed = {"deals.n.type": one, "deals.x.type": one, "deals.on.type": one}
    assert verify(tmp_path, "--data", "d.csv").failed == failed


def test_nested_values_in_a_column_of_csv(tmp_path: Path) -> None:
    tags = prop("tags", "array", items=prop("tag", "integer", required=True))
    declare(tmp_path, prop("n", "integer"), tags)
    (tmp_path / "d.csv").write_text('n,tags\n1,"[1, 2]"\n2,"[1, ""x""]"\n3,"{"\n4,\n5,[null]\n')
    assert verify(tmp_path, "--data", "d.csv").failed == {
        "deals.tags.type": "1 of 5 rows hold another",
        "deals.tags[].type": "1 of 5 rows hold another",
        "deals.tags[].required": "1 of 5 rows",
    }
