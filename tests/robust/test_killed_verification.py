"""`mesh verify` is killed at every step: the next one gives the verdicts of one that remembers nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from children import Nursery

CHECKS = "meshwright.adapters.duckdb.checks"
CACHE = "meshwright.experience.cache:Cache.put_many"
MEMORY = f"{CHECKS}.memory:CountsByFile"

FAULTS = [
    pytest.param({"call": f"{CHECKS}.measure:read_footers"}, id="before footers are read"),
    pytest.param({"call": f"{CHECKS}.tally:_read"}, id="before rows are scanned"),
    pytest.param({"call": f"{MEMORY}.keep"}, id="before the first counts are kept"),
    pytest.param({"call": CACHE, "after": True}, id="when the first counts are kept"),
    pytest.param({"call": f"{CHECKS}.keys:_count"}, id="before keys are counted"),
    pytest.param({"call": f"{MEMORY}.keep_group"}, id="before the counts of keys are kept"),
    pytest.param({"call": f"{MEMORY}.keep_group", "after": True, "nth": 2}, id="between two counts of keys"),
    pytest.param({"call": f"{MEMORY}.keep_against"}, id="before orphans are kept"),
    pytest.param({"call": f"{MEMORY}.keep_rule", "after": True}, id="when what a rule returned is kept"),
    pytest.param({"call": f"{CHECKS}.measure:samples"}, id="before samples are read"),
    pytest.param({"call": CACHE, "nth": 4}, id="before the fourth entry"),
    pytest.param({"what": "tear", "call": CACHE, "room": 9000}, id="in the middle of the first entry"),
    pytest.param({"what": "tear", "call": CACHE, "nth": 3, "room": 20_000}, id="in the middle of the third"),
]


def write(root: Path, name: str, rows: Sequence[tuple[int | None, int, str]]) -> None:
    ids, customers, notes = zip(*rows, strict=True)
    columns = {"id": pa.array(ids, pa.int64()), "customer": pa.array(customers, pa.int64()), "note": notes}
    pq.write_table(pa.table(columns), root / "deals" / name)


def customers(root: Path, *ids: int) -> None:
    pq.write_table(pa.table({"id": pa.array(ids, pa.int64())}), root / "customers" / "a.parquet")


def appended(root: Path) -> None:
    write(root, "c.parquet", [(1, 1, "n"), (7, 9, "x"), (None, 1, "n")])


def rewritten(root: Path) -> None:
    write(root, "a.parquet", [(2, 5, "x"), (2, 1, "n"), (30, 1, "n")])


def removed(root: Path) -> None:
    (root / "deals" / "b.parquet").unlink()


def referred(root: Path) -> None:
    customers(root, 1)


def nothing(_: Path) -> None:
    """Nothing has changed."""


CHANGES = (nothing, appended, rewritten, removed, referred)


def verified_data(root: Path) -> None:
    """Three files, and a contract with checks of every way to be counted."""
    for folder in ("deals", "customers"):
        (root / folder).mkdir(parents=True)
    customers(root, 1, 2, 3)
    write(root, "a.parquet", [(1, 1, "n"), (2, 2, "n"), (3, 4, "n")])
    write(root, "b.parquet", [(3, 1, "n"), (4, 1, "m"), (5, 3, "n")])
    integer = {"logicalType": "integer"}
    properties = [
        {"name": "id", **integer, "primaryKey": True, "logicalTypeOptions": {"maximum": 20}},
        {"name": "customer", **integer, "relationships": [{"type": "foreignKey", "to": "customers.id"}]},
        {"name": "note", "logicalType": "string", "logicalTypeOptions": {"pattern": "^n"}},
    ]
    rule = {"type": "sql", "query": "SELECT sum(id) FROM {object}", "mustBe": 18}
    contract = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "c",
        "version": "1.0.0",
        "status": "active",
        "servers": [{"server": "files", "type": "local", "path": "{object}/*.parquet", "format": "parquet"}],
        "schema": [
            {"name": "deals", "properties": properties, "quality": [rule]},
            {"name": "customers", "properties": [{"name": "id", **integer, "unique": True}]},
        ],
    }
    (root / "contract.yaml").write_text(json.dumps(contract))


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Processes with a cache of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        found = Nursery()
    yield found
    found.close()


def verdicts(nursery: Nursery, root: Path, *words: str) -> dict[str, Any]:
    code, text = nursery.run(root, {"what": "nothing"}, "verify", "contract.yaml", "--format", "json", *words)
    assert code in (0, 1), text
    kept = ("status", "observed", "value", "rows", "reason")
    return {
        check["check"]: {**{key: check[key] for key in kept}, "samples": sorted(map(str, check["samples"]))}
        for check in json.loads(text)["checks"]
    }


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        pytest.param(*fault.values, CHANGES[(number + turn) % len(CHANGES)], id=f"{fault.id}, {turn}")
        for number, fault in enumerate(FAULTS)
        for turn in (0, 2)
    ],
)
def test_killed_at_a_step_nothing_wrong_is_remembered(
    tmp_path: Path, nursery: Nursery, fault: dict[str, Any], change: Callable[[Path], None]
) -> None:
    root = tmp_path / "data"
    verified_data(root)
    nursery.kill(root, fault, "verify", "contract.yaml")
    change(root)
    fresh = verdicts(nursery, root, "--fresh")
    assert any(told["status"] == "fail" for told in fresh.values())
    assert verdicts(nursery, root) == fresh
    assert verdicts(nursery, root) == fresh  # and neither did the second one remember anything wrong
