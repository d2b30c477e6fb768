"""A policy that is wrong is an error of its own, with its line, and of no other."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from meshwright.model.policy import Policy
from meshwright.model.product import Environment
from meshwright.supervision.metamodel.relations import RELATIONS
from meshwright.supervision.policy.engine import Judgement, judge, relations_read
from meshwright.wiring import tables_engine

GOOD = Policy(
    "good", "mesh", "mesh", "t", "error", "w", "f", "select address, 'so' as reason from mesh.products"
)


def judged(
    folder: Path, query: str, seconds: float = 20.0, scope: str = "mesh", products: int = 1
) -> Judgement:
    """What comes of a policy and of a good one beside it; the query begins on line 7 of its file."""
    policy = Policy(*("bad", "mesh", scope, "t", "error", "w", "f", query), file="policies/bad.yaml", line=7)
    names = relations_read([policy, GOOD])
    tables = {name: RELATIONS[name].schema.empty_table() for name in names}
    addresses = [f"mesh://m/d{n}/p" for n in range(products)]
    tables["products"] = RELATIONS["products"].table({"address": addresses, "domain": ["d"] * products})
    engine = tables_engine(Environment("dev", "", ""), folder)
    return judge([policy, GOOD], tables, engine, "m", seconds)


WRONG = {
    "no sql": ("selec address", 7, "DuckDB does not read this"),
    "a second line": ("select address,\n 'x' as reason fro m", 8, "syntax error"),
    "two statements": ("select 1; select 2", None, "several statements"),
    "a change": ("delete from mesh.products", None, "SELECT"),
    "a file": ("select address,\n 'x' as reason\nfrom read_csv('/etc/passwd')", 9, "read_csv"),
    "a file by name": ("select *\nfrom '/etc/passwd'", 8, "/etc/passwd"),
    "a function that reads": ("select\n read_text('/etc/passwd') as address, 'x' as reason", 8, "read_text"),
    "a setting": ("select getenv('HOME') as address, 'x' as reason", 7, "getenv"),
    "published data": ("select address, 'x' as reason from sales.orders.orders", 7, "sales.orders.orders"),
    "a table that is not there": ("select address, 'x' as reason from mesh.nothing", 7, "mesh.nothing"),
    "a column that is not there": ("select address,\n nothing as reason from mesh.products", 8, "nothing"),
    "no reason": ("select address from mesh.products", 7, "the columns `address`"),
    "more columns": ("select address, 'x' as reason, 1 as n from mesh.products", 7, "`n`"),
    "no address": ("select null as address, 'x' as reason from mesh.products", 7, "the address None"),
    "another mesh": ("select 'mesh://other/d' as address, 'x' as reason", 7, "mesh://other/d"),
    "an empty reason": ("select address, ' ' as reason from mesh.products", 7, "no reason"),
    "a number for an address": ("select 1 as address, 'x' as reason", 7, "the address 1"),
    "a value that does not fit": (
        "select address, cast('x' as integer)::varchar as reason from mesh.products",
        7,
        "Could not convert",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_policy_is_told_with_its_line_and_the_others_are_judged(name: str, tmp_path: Path) -> None:
    query, line, told = WRONG[name]
    found = judged(tmp_path, query)
    (failure,) = found.failures
    assert (failure.policy, failure.file) == ("bad", "policies/bad.yaml")
    assert told in failure.message
    assert line is None or failure.line == line
    assert found.judged == {"good"}
    assert [each.policy for each in found.violations] == ["good"]


def test_a_policy_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    many = "range(10000000)"
    endless = f"select 'mesh://m/d' as address, max(a + b)::varchar as reason from {many} x(a), {many} y(b)"
    found = judged(tmp_path, endless, seconds=0.5)
    assert "took longer than 0.5 seconds" in found.failures[0].message
    assert found.judged == {"good"}


def test_a_policy_that_gives_too_many_rows_is_wrong(tmp_path: Path) -> None:
    found = judged(tmp_path, "select 'mesh://m/d/' || i as address, 'x' as reason from range(1100000) t(i)")
    assert "more than 1,000,000 rows" in found.failures[0].message


def test_a_policy_of_one_domain_counts_nowhere_else(tmp_path: Path) -> None:
    query = "select address, 'x' as reason from mesh.products"
    found = judged(tmp_path, query, scope="d1", products=12)
    assert [each.address for each in found.violations if each.policy == "bad"] == ["mesh://m/d1/p"]


def test_reasons_for_one_address_are_one_violation(tmp_path: Path) -> None:
    query = "select 'mesh://m/d' as address, 'r' || i as reason from range(5) t(i)"
    (found,) = (each for each in judged(tmp_path, query).violations if each.policy == "bad")
    assert found.reason == "r0; r1; r2; and 2 more"


def test_what_is_no_table_of_the_mesh_is_not_made() -> None:
    assert relations_read([GOOD]) == {"products"}
    assert isinstance(RELATIONS["products"].schema, pa.Schema)
