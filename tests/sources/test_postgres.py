"""A real PostgreSQL as a source."""

from __future__ import annotations

import datetime as dt
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from source_building import column, read, source, table, types

from meshwright.adapters.postgres.reader import PostgresReader
from meshwright.errors import DriftError, InputError, MissingPart, Unavailable
from meshwright.model.contract import ContractObject
from meshwright.provisioning.ports import Extraction, Increment

DEALS = table("deals", column("id", "integer"), column("amount", "number", physical_type="decimal(12,2)"))


@pytest.fixture
def crm(postgres_database: Any) -> Any:
    """A database with a small CRM in the schema `crm`."""
    postgres_database.execute(
        "CREATE SCHEMA crm",
        "CREATE TABLE crm.deals (id bigint PRIMARY KEY, amount numeric(12,2), updated timestamptz)",
        "INSERT INTO crm.deals SELECT g, g * 1.25, timestamptz '2026-01-01 00:00+00' + g * interval '1 hour' "
        "FROM generate_series(1, 10) g",
    )
    return postgres_database


def extract(
    server: Any,
    folder: Path,
    obj: ContractObject = DEALS,
    increment: Increment | None = None,
    secrets: dict[str, str] | None = None,
    **settings: Any,
) -> Extraction:
    return reader(server, secrets).extract(given(server, obj, **settings), obj, folder, increment)


def reader(server: Any, secrets: dict[str, str] | None = None) -> PostgresReader:
    return PostgresReader(
        Path("/nowhere"), {"CRM_HOST": server.host}, lambda name: secrets or {"user": server.user}
    )


def given(server: Any, obj: ContractObject, **settings: Any) -> Any:
    own = {"host": "${CRM_HOST}", "port": server.port, "database": server.name, "schema": "crm"}
    return source("postgres", obj, {**own, **settings})


def test_a_table_is_read_in_the_types_of_its_contract(crm: Any, tmp_path: Path) -> None:
    extraction = extract(crm, tmp_path)
    assert read(extraction)[:2] == [(1, Decimal("1.25")), (2, Decimal("2.50"))]
    assert extraction.rows == 10
    assert types(extraction) == {"id": "BIGINT", "amount": "DECIMAL(12,2)"}


EVERYTHING = """
    CREATE TYPE crm.stage AS ENUM ('open', 'won');
    CREATE TYPE crm.place AS (city text, zip numeric(5,0));
    CREATE DOMAIN crm.price AS numeric(8,2) CHECK (value >= 0);
    CREATE DOMAIN crm.code AS varchar(3);
    CREATE TABLE crm."All Types" (
        small smallint, "int" integer, big bigint, flag boolean, real real, double double precision,
        exact numeric(10,3), free numeric, price crm.price, code crm.code, cash money, name varchar(20),
        padded char(5), day date, clock time, moment timestamp, zoned timestamptz, key uuid, doc json,
        docb jsonb, raw bytea, stage crm.stage, numbers integer[], texts text[], exacts numeric(6,2)[],
        place crm.place, address inet, span interval, "with ""quote" integer
    );
"""


def test_every_type_is_described_exactly(crm: Any) -> None:
    crm.execute(*filter(str.strip, EVERYTHING.split(";")))
    obj = table("all", column("x"), physical_name="All Types")
    found = {name: str(kind) for name, kind in reader(crm).describe(given(crm, obj), obj).items()}
    assert found == {
        "small": "int16",
        "int": "int32",
        "big": "int64",
        "flag": "boolean",
        "real": "float",
        "double": "double",
        "exact": "decimal(10,3)",
        "free": "any",
        "price": "decimal(8,2)",
        "code": "string",
        "cash": "decimal(19,2)",
        "name": "string",
        "padded": "string",
        "day": "date",
        "clock": "time",
        "moment": "timestamp",
        "zoned": "timestamptz",
        "key": "uuid",
        "doc": "string",
        "docb": "string",
        "raw": "binary",
        "stage": "string",
        "numbers": "list(int32)",
        "texts": "list(string)",
        "exacts": "list(decimal(6,2))",
        "place": "struct(city string, zip decimal(5,0))",
        "address": "any",
        "span": "any",
        'with "quote': "int32",
    }


def test_every_type_arrives_unchanged(crm: Any, tmp_path: Path) -> None:
    key = uuid.uuid4()
    crm.execute(
        *filter(str.strip, EVERYTHING.split(";")),
        f"""INSERT INTO crm."All Types" VALUES (1, 2, 3, true, 1.5, 2.5, 1234567.891, 0.1000000000000000001,
        9.99, 'abc', 12.34, 'na''me', 'ab', '2026-01-02', '10:00:00.5', '2026-01-02 03:04:05.678901',
        '2026-01-02 03:04:05+02', '{key}', '{{"a":1}}', '{{"b":2}}', '\\x00ff', 'won', '{{1,null}}',
        '{{x,"y z"}}', '{{1.10}}', ROW('Bern', 3000), '10.0.0.1', '1 day', 7)""",
        """INSERT INTO crm."All Types" DEFAULT VALUES""",
    )
    obj = table(
        "all",
        column("small", "integer", physical_type="smallint"),
        column("flag", "boolean"),
        column("real", "number", physical_type="real"),
        column("exact", "number", physical_type="decimal(10,3)"),
        column("free", "number", physical_type="decimal(38,19)"),
        column("price", "number", physical_type="decimal(8,2)"),
        column("cash", "number", physical_type="decimal(19,2)"),
        column("name"),
        column("padded"),
        column("day", "date"),
        column("clock", "time"),
        column("moment", "timestamp"),
        column("zoned", "timestamp", options={"timezone": True}),
        column("key", "string", physical_type="uuid"),
        column("doc"),
        column("raw", "string", physical_type="bytea"),
        column("stage"),
        column("numbers", "array", items=column("i", "integer")),
        column("texts", "array", items=column("i")),
        column("exacts", "array", items=column("i", "number", physical_type="decimal(6,2)")),
        column("place", "object", properties=(column("city"), column("zip", "integer"))),
        column("address"),
        column('with "quote', "integer"),
        physical_name="All Types",
    )
    extraction = extract(crm, tmp_path, obj)
    what = ", ".join(
        "CAST(zoned AS VARCHAR)" if p.name == "zoned" else '"' + p.name.replace('"', '""') + '"'
        for p in obj.properties
    )
    assert read(extraction, what) == [
        (
            1,
            True,
            1.5,
            Decimal("1234567.891"),
            Decimal("0.1000000000000000001"),
            Decimal("9.99"),
            Decimal("12.34"),
            "na'me",
            "ab",
            dt.date(2026, 1, 2),
            dt.time(10, 0, 0, 500000),
            dt.datetime(2026, 1, 2, 3, 4, 5, 678901),
            "2026-01-02 01:04:05+00",
            key,
            '{"a":1}',
            b"\x00\xff",
            "won",
            [1, None],
            ["x", "y z"],
            [Decimal("1.10")],
            {"city": "Bern", "zip": 3000},
            "10.0.0.1/32",
            7,
        ),
        (None,) * 23,
    ]


@pytest.mark.parametrize("value", ["infinity", "-infinity"])
def test_infinite_dates_do_not_fit(crm: Any, tmp_path: Path, value: str) -> None:
    crm.execute(
        "CREATE TABLE crm.ends (day date, moment timestamp, zoned timestamptz)",
        f"INSERT INTO crm.ends VALUES ('{value}', '{value}', '{value}'), ('0044-03-15 BC', now(), now())",
    )
    for name, logical in [("day", "date"), ("moment", "timestamp"), ("zoned", "timestamp")]:
        with pytest.raises(DriftError, match=f"column {name}: 1 of 2 rows .*infinity"):
            extract(crm, tmp_path, table("ends", column(name, logical)))


def test_values_that_do_not_fit_are_counted_in_the_same_snapshot(crm: Any, tmp_path: Path) -> None:
    obj = table(
        "deals",
        column("id", "integer", physical_type="smallint"),
        column("amount", "number", physical_type="decimal(4,1)", classification="restricted"),
    )
    crm.execute("INSERT INTO crm.deals VALUES (99999, 1), (100000, 'NaN')")
    with pytest.raises(DriftError) as caught:
        extract(crm, tmp_path, obj)
    assert "column id: 2 of 12 rows are no int16, for example '100000'" in caught.value.what
    assert "(classified restricted: no example)" in caught.value.what
    assert list(tmp_path.iterdir()) == []


def test_an_increment_is_filtered_by_postgresql(crm: Any, tmp_path: Path) -> None:
    obj = table("deals", column("id", "integer"), column("updated", "timestamp", options={"timezone": True}))
    first = extract(crm, tmp_path, obj, Increment("updated"))
    assert (first.rows, first.cursor) == (10, "2026-01-01T10:00:00.000000+00:00")
    again = extract(crm, tmp_path, obj, Increment("updated", first.cursor, 7200.0))
    assert [row[0] for row in read(again, "id")] == [8, 9, 10]
    assert extract(crm, tmp_path, DEALS, Increment("id", "9")).rows == 2
    assert extract(crm, tmp_path, DEALS, Increment("amount", "12.00", 0.75)).cursor == "12.50"
    with pytest.raises(InputError, match="is no int64"):
        extract(crm, tmp_path, DEALS, Increment("id", "0; DROP TABLE crm.deals"))
    hostile = table("deals", column("id"))
    assert extract(crm, tmp_path, hostile, Increment("id", "' OR true --")).rows == 10


def test_a_text_cursor_is_compared_byte_by_byte(crm: Any, tmp_path: Path) -> None:
    crm.execute("CREATE TABLE crm.notes (code text)", "INSERT INTO crm.notes VALUES ('B'), ('a'), ('Z')")
    notes = table("notes", column("code"))
    assert sorted(read(extract(crm, tmp_path, notes, Increment("code", "Z")))) == [("Z",), ("a",)]


def test_views_and_partitioned_tables_are_read(crm: Any, tmp_path: Path) -> None:
    crm.execute(
        "CREATE VIEW crm.large AS SELECT id, amount FROM crm.deals WHERE id > 8",
        "CREATE TABLE crm.split (id bigint, amount numeric(12,2)) PARTITION BY RANGE (id)",
        "CREATE TABLE crm.split_1 PARTITION OF crm.split FOR VALUES FROM (1) TO (5)",
        "INSERT INTO crm.split VALUES (1, 1)",
    )
    for name, rows in [("large", 2), ("split", 1)]:
        assert extract(crm, tmp_path, table(name, *DEALS.properties)).rows == rows


def test_what_is_not_there_is_drift_with_a_guess(crm: Any, tmp_path: Path) -> None:
    with pytest.raises(DriftError, match=r"the schema crm has no deal \(did you mean deals\?\)"):
        extract(crm, tmp_path, table("deal", column("id")))
    with pytest.raises(DriftError, match=r"no column Amount \(did you mean amount\?\)"):
        extract(crm, tmp_path, table("deals", column("Amount")))


def test_all_objects_of_a_source_are_read_as_of_one_moment(crm: Any, tmp_path: Path) -> None:
    crm.execute(
        "CREATE TABLE crm.owners (id bigint PRIMARY KEY)",
        "INSERT INTO crm.owners SELECT g FROM generate_series(1, 10) g",
    )
    owners = table("owners", column("id", "integer"))
    source = given(crm, DEALS)
    with reader(crm).reading(source) as opened:
        first = opened.extract(source, owners, tmp_path / "owners")
        crm.execute(
            "INSERT INTO crm.owners VALUES (11)",
            "INSERT INTO crm.deals VALUES (11, 1.0, now())",
        )
        second = opened.extract(source, DEALS, tmp_path / "deals")
        assert set(opened.describe(source, DEALS)) == {"id", "amount", "updated"}
    assert (first.rows, second.rows) == (10, 10)
    assert extract(crm, tmp_path).rows == 11


def test_the_transaction_cannot_write(crm: Any, tmp_path: Path) -> None:
    crm.execute(
        "CREATE FUNCTION crm.touch() RETURNS bigint LANGUAGE sql VOLATILE "
        "AS $$ UPDATE crm.deals SET amount = 0 RETURNING id $$",
        "CREATE VIEW crm.trap AS SELECT crm.touch() AS id",
    )
    with pytest.raises(Unavailable, match="read-only transaction"):
        extract(crm, tmp_path, table("trap", column("id", "integer")))


def test_a_server_that_does_not_answer_is_unavailable_without_its_secrets(crm: Any, tmp_path: Path) -> None:
    secrets = {"user": "bro'ker", "password": "hunter2 \\%' x"}
    for settings in ({"host": "/no/such/folder"}, {"host": "127.0.0.1", "port": 1}, {"database": "nope"}):
        with pytest.raises(Unavailable) as caught:
            extract(crm, tmp_path, secrets=secrets, **settings)
        told = str(caught.value) + repr(caught.value.as_json())
        assert "hunter2" not in told
        assert "bro" not in told
    with pytest.raises(InputError, match="the server has no `host`"):
        extract(crm, tmp_path, host="")


@pytest.mark.parametrize(
    ("view", "why"),
    [
        ("SELECT mail::int AS id FROM crm.people", "invalid input syntax for type integer"),
        ("SELECT mail::date::text AS id FROM crm.people", "invalid input syntax for type date"),
        ("SELECT id * 1000000 AS id FROM crm.people", "integer out of range"),
        ("SELECT crm.refuse(mail) AS id FROM crm.people", "withheld"),
    ],
)
def test_a_view_that_fails_on_a_value_does_not_tell_it(crm: Any, tmp_path: Path, view: str, why: str) -> None:
    crm.execute(
        "CREATE TABLE crm.people AS SELECT 7654321 AS id, 'ada@secret.example' AS mail",
        "CREATE FUNCTION crm.refuse(mail text) RETURNS int LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is refused', mail; END $$",
        f"CREATE VIEW crm.bad AS {view}",
    )
    with pytest.raises(Unavailable) as caught:
        extract(crm, tmp_path, table("bad", column("id", "string")))
    assert why in str(caught.value)
    assert "ada@" not in str(caught.value) and "7654321" not in str(caught.value)


def test_a_missing_driver_names_the_extra(crm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "adbc_driver_postgresql", None)
    with pytest.raises(MissingPart, match=r"meshwright\[postgres\]"):
        extract(crm, tmp_path)


@contextmanager
def cut_after(path: str, limit: int) -> Iterator[int]:
    """A port on loopback that passes everything on to a socket, and hangs up after `limit` bytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def copy(one: socket.socket, other: socket.socket, budget: int) -> None:
        with suppress(OSError):
            while budget > 0 and (data := one.recv(min(65536, budget))):
                other.sendall(data)
                budget -= len(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(path)
                for ends in ((client, server, 1 << 40), (server, client, limit)):
                    threading.Thread(target=copy, args=ends, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def test_a_connection_lost_on_the_way_is_unavailable_and_leaves_nothing(crm: Any, tmp_path: Path) -> None:
    crm.execute("INSERT INTO crm.deals SELECT g, g FROM generate_series(100, 300000) g")
    with cut_after(f"{crm.host}/.s.PGSQL.{crm.port}", 2_000_000) as port:
        with pytest.raises(Unavailable, match="PostgreSQL failed while it was read"):
            extract(crm, tmp_path, host="127.0.0.1", port=port, secrets={"user": "postgres"})
        assert list(tmp_path.iterdir()) == []
    assert extract(crm, tmp_path).rows == 299911
