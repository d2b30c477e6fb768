"""Capitals make no difference in SQL: what a model returns has the contract's names."""

from __future__ import annotations

from pathlib import Path

import pytest
from mesh_folder import MeshFolder, column, contract


@pytest.mark.parametrize("materialization", ["full", "append", "merge"])
def test_columns_are_published_by_the_names_of_the_contract(tmp_path: Path, materialization: str) -> None:
    mesh = MeshFolder(tmp_path)
    key = column("Deal_Id", "integer", required=True, primaryKey=True, primaryKeyPosition=1)
    amount = column("amount", "integer", logicalTypeOptions={"minimum": 0})
    mesh.product(
        "lab/deals",
        [contract("deals", {"deals": [key, amount]})],
        {"deals.sql": "select range as deal_id, 7 as AMOUNT from range(3)\n"},
        outputs=[("deals", "1.0.0", "deals")],
        port_custom={"materialization": materialization},
    )
    mesh.run("apply", "--yes")
    rows = mesh.rows("select * from lab.deals.deals order by 1")
    assert rows == [{"Deal_Id": number, "amount": 7} for number in range(3)]


def test_a_check_of_such_a_column_still_judges(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path)
    amount = column("Amount", "integer", logicalTypeOptions={"minimum": 5})
    mesh.product(
        "lab/deals",
        [contract("deals", {"deals": [amount]})],
        {"deals.sql": "select range as aMOUNT from range(3)\n"},
        outputs=[("deals", "1.0.0", "deals")],
    )
    assert "3 of 3 rows" in mesh.run("apply", "--yes", code=1).out
