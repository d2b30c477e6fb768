"""Large objects are measured at the same time: with the verdicts, in the order, of one after the other."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import duckdb
import pytest
from tests.verification.verifying import document, mesh_verify, write_contract

from meshwright.experience.verification import parallel
from meshwright.experience.verification.parallel import SharedCounts


def write_orders(folder: Path) -> None:
    """Four objects with faults, in Parquet and as text; orders refer to customers."""
    integer = {"logicalType": "integer"}
    amount = {"name": "amount", **integer, "required": True, "logicalTypeOptions": {"maximum": 990}}
    key = {"name": "id", **integer, "primaryKey": True}
    refers = {"name": "customer", **integer, "relationships": [{"type": "foreignKey", "to": "customers.id"}]}
    rule = {"type": "sql", "query": "SELECT count(*) FROM {object} WHERE amount > 995", "mustBe": 0}
    objects = [
        {"name": name, "properties": [key, amount, *more], "quality": [rule]}
        for name, more in (("orders", [refers]), ("returns", [refers]), ("customers", []), ("letters", []))
    ]
    write_contract(folder, document(*objects))
    rows = "SELECT i // 2 * 2 AS id, i % 1000 AS amount, i % 70 AS customer FROM range(5000) t(i)"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({rows}) TO '{folder}/orders.parquet'")
        connection.execute(f"COPY ({rows} LIMIT 3000) TO '{folder}/returns.parquet'")
        connection.execute(f"COPY ({rows} LIMIT 100) TO '{folder}/customers.parquet'")
        connection.execute(f"COPY ({rows} LIMIT 900) TO '{folder}/letters.parquet'")


def test_verdicts_are_those_of_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    write_orders(tmp_path)
    words = ("shop.odcs.yaml", "--data", "{object}.parquet", "--format", "json")

    def checks(*more: str) -> list[dict[str, object]]:
        found = json.loads(mesh_verify(tmp_path, *words, *more).out)["checks"]
        return [{**check, "samples": len(check["samples"])} for check in found]

    alone = checks("--fresh")
    assert {check["object"] for check in alone if check["status"] == "fail"} == {
        "orders",
        "returns",
        "customers",
        "letters",
    }
    threads = set[str]()
    original = parallel.SharedCounts.recall

    def recall(self: SharedCounts, keys: object) -> object:
        threads.add(threading.current_thread().name)
        return original(self, keys)  # type: ignore[arg-type]

    monkeypatch.setattr(parallel.SharedCounts, "recall", recall)
    monkeypatch.setattr(parallel, "LARGE", 0)
    assert checks("--fresh") == alone
    first = checks()
    assert [{**check, "how": None} for check in first] == [{**check, "how": None} for check in alone]
    again = checks()
    assert {check["how"] for check in again} <= {"proved", "remembered", "scanned"}
    assert [{**check, "how": None} for check in again] == [{**check, "how": None} for check in alone]
    assert threads and threading.main_thread().name not in threads


def test_times_are_in_one_zone_in_every_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "LARGE", 0)
    monkeypatch.setenv("TZ", "America/New_York")
    rule = {"type": "sql", "query": "SELECT count(*) FROM {object} WHERE hour(moment) = 12", "mustBe": 3}
    moment = {"name": "moment", "logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}}
    objects = [{"name": f"o{n}", "properties": [moment], "quality": [rule]} for n in range(6)]
    write_contract(tmp_path, document(*objects))
    with duckdb.connect() as connection:
        rows = "SELECT TIMESTAMPTZ '2026-01-01 12:00:00+00' AS moment FROM range(3)"
        for each in objects:
            connection.execute(f"COPY ({rows}) TO '{tmp_path}/{each['name']}.parquet'")
    assert mesh_verify(tmp_path, "shop.odcs.yaml", "--data", "{object}.parquet", "--fresh").code == 0


def test_an_error_in_one_thread_is_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "LARGE", 0)
    write_orders(tmp_path)
    data = bytearray((tmp_path / "returns.parquet").read_bytes())
    data[4:2000] = bytes(1996)
    (tmp_path / "returns.parquet").write_bytes(data)
    answer = mesh_verify(tmp_path, "shop.odcs.yaml", "--data", "{object}.parquet", "--fresh")
    assert answer.code == 2
    assert "Traceback" not in answer.err
