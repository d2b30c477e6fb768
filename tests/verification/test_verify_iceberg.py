"""Iceberg tables are verified as their current snapshots are, whoever wrote them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiceberg.table import StaticTable, Table
from pyiceberg.types import LongType, StringType
from tests.verification.given import Verified, declare, prop, verify
from tests.verification.iceberg_tables import append, catalogue, data_files, delete_positions, delete_values

SCHEMA = pa.schema([("id", pa.int64()), ("amount", pa.int32()), ("note", pa.string())])
TABLE = "lake/shop/deals"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def deals(folder: Path, files: int = 3) -> Table:
    """A table of `files` files with ten rows each: ids from 0, amounts 0 to 9, and notes."""
    table = catalogue(folder).create_table("shop.deals", schema=SCHEMA)
    for file in range(files):
        append(table, [{"id": 10 * file + i, "amount": i, "note": f"n{i}"} for i in range(10)])
    return table


def declare_deals(folder: Path, **more: Any) -> None:
    rules = [{"id": "rows", "metric": "rowCount", "mustBe": -1}]
    declare(
        folder,
        prop("id", "integer", primaryKey=True, required=True),
        prop("amount", "integer", required=True, options={"minimum": 0, "maximum": 8}),
        prop("note", "string", required=True, options={"pattern": "^n"}),
        quality=rules,
        **more,
    )


def found(folder: Path, *words: str) -> dict[str, str]:
    return verify(folder, *words).failed


@pytest.mark.parametrize("data", [TABLE, "lake/shop", "lake/shop/{object}"])
def test_the_files_of_a_tables_current_snapshot_are_verified(tmp_path: Path, data: str) -> None:
    deals(tmp_path)
    declare_deals(tmp_path)
    assert found(tmp_path, "--data", data) == {
        "deals.amount.bounds": "3 of 30 rows",
        "deals.quality[0]": "30 rows",
    }


def test_statistics_prove_and_what_is_counted_is_remembered_by_file(tmp_path: Path) -> None:
    table = deals(tmp_path)
    declare_deals(tmp_path)
    first = verify(tmp_path, "--data", TABLE)
    assert first.checks["deals.id.required"]["how"] == "proved"
    assert first.checks["deals.amount.bounds"]["how"] == "scanned"
    again = verify(tmp_path, "--data", TABLE)
    assert {check["how"] for check in again.checks.values()} == {"proved", "remembered"}
    assert again.failed == first.failed
    append(table, [{"id": 29, "amount": 9, "note": "x"}])
    assert found(tmp_path, "--data", TABLE) == {
        "deals.primary_key": "1 of 31 rows",
        "deals.amount.bounds": "4 of 31 rows",
        "deals.note.pattern": "1 of 31 rows",
        "deals.quality[0]": "31 rows",
    }


def test_what_is_remembered_is_read_without_the_library_of_the_format(tmp_path: Path) -> None:
    table = deals(tmp_path)
    declare_deals(tmp_path)
    first = found(tmp_path, "--data", TABLE)
    manifest = table.inspect.manifests()["path"].to_pylist()[0]
    Path(manifest.removeprefix("file://")).unlink()  # whoever plans the scan anew needs it
    assert found(tmp_path, "--data", TABLE) == first
    fresh = verify(tmp_path, "--data", TABLE, "--fresh", json_report=False)
    assert fresh.code == 2
    assert "the table cannot be read" in fresh.err


def test_columns_are_found_by_their_field_ids(tmp_path: Path) -> None:
    table = deals(tmp_path, 1)
    with table.update_schema() as update:
        update.rename_column("note", "remark")
        update.update_column("amount", LongType())
    with table.update_schema() as update:
        update.add_column("note", StringType())
    append(table, [{"id": 10, "amount": 5_000_000_000, "remark": "n", "note": "x"}])
    declare_deals(tmp_path)
    assert found(tmp_path, "--data", TABLE) == {
        "deals.amount.bounds": "2 of 11 rows",
        "deals.note.required": "10 of 11 rows",
        "deals.note.pattern": "1 of 11 rows",
        "deals.quality[0]": "11 rows",
    }


def test_a_column_that_was_dropped_and_added_again_has_no_old_values(tmp_path: Path) -> None:
    table = deals(tmp_path, 2)
    with table.update_schema() as update:
        update.delete_column("note")
    with table.update_schema() as update:
        update.add_column("note", StringType())
    declare_deals(tmp_path)
    assert found(tmp_path, "--data", TABLE)["deals.note.required"] == "20 of 20 rows"


def test_parts_of_structs_that_were_renamed_keep_their_values(tmp_path: Path) -> None:
    kind = pa.struct([("street", pa.string()), ("zip", pa.string())])
    table = catalogue(tmp_path).create_table("shop.deals", schema=pa.schema([("home", kind)]))
    append(table, [{"home": {"street": "a", "zip": "1"}}, {"home": {"street": None, "zip": "2"}}])
    parts = [prop("street", "string", required=True), prop("zip", "string", required=True)]
    declare(tmp_path, prop("home", "object", properties=parts))
    assert found(tmp_path, "--data", TABLE) == {"deals.home.street.required": "1 of 2 rows"}
    with table.update_schema() as update:
        update.rename_column(("home", "zip"), "code")
        update.rename_column(("home", "street"), "zip")
    declare(
        tmp_path,
        prop("home", "object", properties=[prop("zip", "string", required=True), prop("code", "string")]),
    )
    assert found(tmp_path, "--data", TABLE) == {"deals.home.zip.required": "1 of 2 rows"}


def test_parts_of_structs_that_only_a_file_calls_otherwise_are_refused(tmp_path: Path) -> None:
    kind = pa.struct([("street", pa.string()), ("zip", pa.string())])
    lines = pa.map_(pa.string(), pa.list_(kind))
    schema = pa.schema([("home", kind), ("others", lines)])
    table = catalogue(tmp_path).create_table("shop.deals", schema=schema)
    home = {"street": "a", "zip": "1"}
    append(table, [{"home": home, "others": {"street": [home]}}])
    declare(tmp_path, prop("home", "object", properties=[prop("zip", "string", required=True)]))
    newest = Path(table.metadata_location.removeprefix("file://"))
    assert found(tmp_path, "--data", str(newest)) == {}
    named = newest.with_name("00009-renamed.metadata.json")
    named.write_text(newest.read_text().replace('"zip"', '"code"'))  # as if no schema were left that told it
    declare(tmp_path, prop("home", "object", properties=[prop("code", "string", required=True)]))
    refused = verify(tmp_path, "--data", str(named), json_report=False)
    assert (refused.code, "its field zip is another one" in refused.err) == (2, True)


def test_rows_that_are_deleted_by_position_do_not_count(tmp_path: Path) -> None:
    table = deals(tmp_path)
    declare_deals(tmp_path)
    before = found(tmp_path, "--data", TABLE)
    assert before["deals.amount.bounds"] == "3 of 30 rows"
    first, _, last = data_files(table)
    delete_positions(table, {first: [9], last: [0, 1, 9]})
    expected = {"deals.amount.bounds": "1 of 26 rows", "deals.quality[0]": "26 rows"}
    for words in ((), (), ("--fresh",)):
        assert found(tmp_path, "--data", TABLE, *words) == expected


def test_a_key_that_is_repeated_in_deleted_rows_only_is_unique(tmp_path: Path) -> None:
    table = deals(tmp_path, 1)
    append(table, [{"id": 3, "amount": 1, "note": "n"}, {"id": None, "amount": 1, "note": "n"}])
    declare_deals(tmp_path)
    assert found(tmp_path, "--data", TABLE)["deals.primary_key"] == "2 of 12 rows"
    delete_positions(table, {data_files(table)[1]: [0, 1]})
    after = found(tmp_path, "--data", TABLE)
    assert "deals.primary_key" not in after
    assert after["deals.quality[0]"] == "10 rows"


def test_deletes_by_values_are_refused(tmp_path: Path) -> None:
    table = deals(tmp_path)
    delete_values(table, "id", [9])
    declare_deals(tmp_path)
    refused = verify(tmp_path, "--data", TABLE, json_report=False)
    assert refused.code == 2
    assert "the table has equality deletes" in refused.err


def test_files_without_field_ids_are_read_by_the_names_that_the_table_maps(tmp_path: Path) -> None:
    table = deals(tmp_path, 1)
    plain = tmp_path / "plain.parquet"
    pq.write_table(pa.Table.from_pylist([{"id": 77, "amount": 9, "note": "n"}], SCHEMA), plain)
    table.add_files([f"file://{plain}"])
    declare_deals(tmp_path)
    assert found(tmp_path, "--data", TABLE)["deals.amount.bounds"] == "2 of 11 rows"
    table.transaction().remove_properties("schema.name-mapping.default").commit_transaction()
    refused = verify(tmp_path, "--data", TABLE, json_report=False)
    assert (refused.code, "cannot be read by field ids" in refused.err) == (2, True)


def test_an_empty_table_has_columns_and_no_rows(tmp_path: Path) -> None:
    catalogue(tmp_path).create_table("shop.deals", schema=SCHEMA)
    declare_deals(tmp_path)
    assert found(tmp_path, "--data", TABLE) == {"deals.quality[0]": "0 rows"}


def test_a_data_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    table = deals(tmp_path)
    declare_deals(tmp_path)
    verify(tmp_path, "--data", TABLE)
    Path(data_files(table)[1].removeprefix("file://")).unlink()
    gone = verify(tmp_path, "--data", TABLE, json_report=False)
    assert (gone.code, "No such file" in gone.err) == (2, True)


def test_metadata_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    table = deals(tmp_path)
    declare_deals(tmp_path)
    newest = Path(table.metadata_location.removeprefix("file://"))
    other = newest.with_name(f"{newest.name[:5]}-other.metadata.json")
    other.write_text(newest.read_text())
    refused = verify(tmp_path, "--data", TABLE, json_report=False)
    assert (refused.code, "have the same number" in refused.err) == (2, True)
    assert "deals.amount.bounds" in found(tmp_path, "--data", str(newest))


def test_what_is_no_metadata_is_one_error(tmp_path: Path) -> None:
    declare_deals(tmp_path)
    for text in ("{}", "[1", '{"format-version": 2}'):
        (tmp_path / "x.metadata.json").write_text(text)
        refused = verify(tmp_path, "--data", "x.metadata.json", json_report=False)
        assert (refused.code, refused.err.count("x.metadata.json") > 0) == (2, True), text


def test_a_table_is_found_in_a_catalogue_that_is_a_database(tmp_path: Path) -> None:
    deals(tmp_path)
    server = {
        "type": "iceberg",
        "catalog": "main",
        "catalogUrl": f"sqlite:///{tmp_path}/catalogue.db",
        "namespace": "shop",
    }
    declare_deals(tmp_path, server=server)
    assert found(tmp_path)["deals.amount.bounds"] == "3 of 30 rows"
    declare_deals(tmp_path, server=server, physicalName="dealz")
    missing = verify(tmp_path, json_report=False)
    assert (missing.code, "has no dealz (did you mean deals?)" in missing.err) == (2, True)
    declare_deals(tmp_path, server={**server, "catalogUrl": f"sqlite:///{tmp_path}/none.db"})
    none = verify(tmp_path, json_report=False)
    assert (none.code, "the catalogue main does not answer" in none.err) == (2, True)


def test_a_catalogue_may_be_a_folder(tmp_path: Path) -> None:
    deals(tmp_path)
    server = {"type": "iceberg", "catalog": "none", "namespace": "lake.shop"}
    declare_deals(tmp_path, server={**server, "catalogUrl": f"file://{tmp_path}"})
    assert found(tmp_path)["deals.amount.bounds"] == "3 of 30 rows"
    custom = [{"vendor": "meshwright", "property": "location", "value": "lake/{object}/deals"}]
    server |= {"catalogUrl": "file:///nowhere", "customProperties": custom}
    declare_deals(tmp_path, server=server, physicalName="shop")
    assert found(tmp_path)["deals.amount.bounds"] == "3 of 30 rows"


class _Rest(BaseHTTPRequestHandler):
    """The two questions of the REST catalogue's protocol that reading a table asks."""

    metadata = ""

    def do_GET(self) -> None:
        if self.headers["Authorization"] != "Bearer s3cret":
            self._answer(401, {"error": {"message": "no such token", "type": "NotAuthorized", "code": 401}})
        elif self.path.startswith("/v1/config"):
            self._answer(200, {"defaults": {}, "overrides": {}})
        elif self.path.startswith("/v1/namespaces/shop/tables/deals"):
            text = Path(self.metadata.removeprefix("file://")).read_text()
            self._answer(
                200, {"metadata-location": self.metadata, "metadata": json.loads(text), "config": {}}
            )
        else:
            self._answer(404, {"error": {"message": "none", "type": "NoSuchTableException", "code": 404}})

    def _answer(self, code: int, body: dict[str, Any]) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def rest() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Rest)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_table_is_found_in_a_rest_catalogue(
    tmp_path: Path, rest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Rest.metadata = deals(tmp_path).metadata_location
    monkeypatch.setenv("TOKEN", "s3cret")
    monkeypatch.setenv("WRONG", "wr0ng")
    declare_deals(
        tmp_path, server={"type": "iceberg", "catalog": "x", "catalogUrl": rest, "namespace": "shop"}
    )
    assert found(tmp_path, "--secret", "token=env:TOKEN")["deals.amount.bounds"] == "3 of 30 rows"
    refused = verify(tmp_path, "--secret", "token=env:WRONG", json_report=False)
    assert (refused.code, "refuses" in refused.err, "wr0ng" in refused.err) == (2, True, False)


Row = st.fixed_dictionaries(
    {
        "id": st.none() | st.integers(0, 12),
        "amount": st.none() | st.integers(-2, 11),
        "note": st.none() | st.sampled_from(["n", "na", "m", ""]),
    }
)
Step = st.one_of(
    st.tuples(st.just("append"), st.lists(Row, min_size=1, max_size=6)),
    st.tuples(st.just("delete"), st.lists(st.integers(0, 30), min_size=1, max_size=4)),
    st.tuples(st.just("overwrite"), st.lists(Row, max_size=3)),
    st.tuples(st.sampled_from(["again", "fresh"]), st.none()),
)


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(Step, min_size=1, max_size=5))
def test_verdicts_are_those_on_the_rows_as_pyiceberg_reads_them(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("steps")
    table = catalogue(folder).create_table("shop.deals", schema=SCHEMA)
    current = table.metadata_location
    declare_deals(folder)
    for what, given_ in steps:
        words = ["--fresh"] if what == "fresh" else []
        if what == "append":
            append(table, given_)
        elif what == "overwrite":
            rows = pa.Table.from_pylist(given_, SCHEMA)
            table.overwrite(rows)
        if what in ("append", "overwrite"):
            current = table.metadata_location
        elif what == "delete" and table.current_snapshot() is not None and (paths := data_files(table)):
            chosen: dict[str, list[int]] = {}
            for number in given_:
                chosen.setdefault(paths[number % len(paths)], []).append(number % 5)
            current = str(delete_positions(table, chosen))
        told = verify(folder, "--data", current.removeprefix("file://"), *words)
        pq.write_table(StaticTable.from_metadata(current).scan().to_arrow(), folder / "rows.parquet")
        plain = verify(folder, "--data", "rows.parquet", "--fresh")
        assert _judged(told) == _judged(plain), (what, given_)


def _judged(told: Verified) -> dict[str, Any]:
    return {name: (check["status"], check["observed"]) for name, check in told.checks.items()}
