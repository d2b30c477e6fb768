"""The same work for Meshwright and for dbt, written to disk."""

from __future__ import annotations

import json
from pathlib import Path

CHAINS, STEPS, ROWS = 10, 10, 1000


def write_chained_mesh(folder: Path) -> None:
    """100 products in ten chains of ten steps, 1,000 rows each, unique and not-null on two columns."""
    (folder / "data").mkdir(parents=True)
    lines = ["id,value", *(f"{n},{n * 7 % 1000}" for n in range(ROWS))]
    (folder / "data" / "seed.csv").write_text("\n".join(lines) + "\n")
    (folder / "mesh.yaml").write_text("mesh: bench\n")
    domain = folder / "domains" / "bench"
    domain.mkdir(parents=True)
    (domain / "domain.yaml").write_text("domain: bench\n")
    for chain in range(CHAINS):
        for step in range(STEPS):
            name = f"p{chain}_{step}"
            before = f"p{chain}_{step - 1}" if step else "seed"
            product = domain / name
            for part in ("contracts", "models"):
                (product / part).mkdir(parents=True)
            _write(product / "product.yaml", _product(name, before))
            _write(product / "contracts" / "out.yaml", _contract(name))
            if not step:
                _write(product / "contracts" / "seed.yaml", _seed_contract(name))
            source = f"up.{before}" if step else "up.seed"
            (product / "models" / f"{name}.sql").write_text(f"select id, value + 1 as value from {source}\n")


def _write(path: Path, document: dict[str, object]) -> None:
    path.write_text(json.dumps(document, indent=1))


def _product(name: str, before: str) -> dict[str, object]:
    contract = f"bench-{before}" if before != "seed" else f"seed-{name}"
    return {
        "apiVersion": "v1.1.0",
        "kind": "DataProduct",
        "id": name,
        "status": "active",
        "inputPorts": [{"name": "up", "version": "1.0.0", "contractId": contract}],
        "outputPorts": [{"name": name, "version": "1.0.0", "contractId": f"bench-{name}"}],
    }


def _contract(name: str) -> dict[str, object]:
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": f"bench-{name}",
        "version": "1.0.0",
        "status": "active",
        "schema": [
            {
                "name": name,
                "properties": [
                    {"name": "id", "logicalType": "integer", "required": True, "unique": True},
                    {"name": "value", "logicalType": "integer", "required": True, "unique": True},
                ],
            }
        ],
    }


def _seed_contract(name: str) -> dict[str, object]:
    return {
        **_contract("seed"),
        "id": f"seed-{name}",
        "servers": [{"server": "seed", "type": "local", "path": "data/seed.csv", "format": "csv"}],
    }


def write_chained_dbt(folder: Path) -> None:
    """The same 100 tables and 400 checks as a dbt project on DuckDB."""
    models = folder / "models"
    models.mkdir(parents=True)
    seeds = folder / "seeds"
    seeds.mkdir()
    lines = ["id,value", *(f"{n},{n * 7 % 1000}" for n in range(ROWS))]
    (seeds / "seed.csv").write_text("\n".join(lines) + "\n")
    _dbt_project(folder, "table")
    columns = [{"name": name, "data_tests": ["unique", "not_null"]} for name in ("id", "value")]
    described = []
    for chain in range(CHAINS):
        for step in range(STEPS):
            name = f"p{chain}_{step}"
            before = f"p{chain}_{step - 1}" if step else "seed"
            (models / f"{name}.sql").write_text(
                f"select id, value + 1 as value from {{{{ ref('{before}') }}}}\n"
            )
            described.append({"name": name, "columns": columns})
    _write(models / "schema.yml", {"version": 2, "models": described})


def _dbt_project(folder: Path, materialized: str) -> None:
    _write(
        folder / "dbt_project.yml",
        {
            "name": "bench",
            "version": "1.0.0",
            "config-version": 2,
            "profile": "bench",
            "models": {"bench": {"+materialized": materialized}},
        },
    )
    _write(
        folder / "profiles.yml",
        {
            "bench": {
                "target": "dev",
                "outputs": {"dev": {"type": "duckdb", "path": str(folder / "bench.duckdb"), "threads": 2}},
            }
        },
    )


TYPES = ("integer", "string", "number", "date", "boolean")


def write_wide_mesh(folder: Path, products: int, governed: bool = False) -> None:
    """Products with a 20-column contract, six quality rules, service levels, a team and a SQL model.

    `governed` ones have classified columns, some of them personal; one of a hundred has no owner.
    """
    folder.mkdir(parents=True)
    (folder / "mesh.yaml").write_text("mesh: bench\n")
    for number in range(products):
        domain = folder / "domains" / f"d{number // 100}"
        if number % 100 == 0:
            domain.mkdir(parents=True)
            (domain / "domain.yaml").write_text(f"domain: {domain.name}\n")
        name = f"p{number}"
        product = domain / name
        for part in ("contracts", "models"):
            (product / part).mkdir(parents=True)
        upstream = f"p{number - 1}" if number % 10 else None
        declared, contract = _wide_product(name, upstream), _wide_contract(name)
        if governed:
            declared = declared.replace("role: owner", "role: friend") if number % 100 == 50 else declared
            for column in range(20):
                word = "personal" if column in (1, 6) else "internal"
                described = f"        description: Column {column} of {name}.\n"
                contract = contract.replace(described, f"{described}        classification: {word}\n")
        (product / "product.yaml").write_text(declared)
        (product / "contracts" / "out.yaml").write_text(contract)
        source = f"up.{upstream}" if upstream else "(values (1)) t(c0)"
        (product / "models" / f"{name}.sql").write_text(wide_sql(source, upstream is None))


def wide_sql(source: str, first: bool) -> str:
    """A model of twenty columns over one table."""
    columns = [_first_column(n) if first else f"    t.c{n}" for n in range(20)]
    alias = "" if first else " as t"
    return "select\n" + ",\n".join(columns) + f"\nfrom {source}{alias}\nwhere c0 is not null\n"


def _first_column(number: int) -> str:
    kind = {
        "integer": "bigint",
        "string": "varchar",
        "number": "double",
        "date": "date",
        "boolean": "boolean",
    }
    return f"    cast(null as {kind[TYPES[number % 5]]}) as c{number}" if number else "    c0::bigint as c0"


def _wide_product(name: str, upstream: str | None) -> str:
    inputs = (
        f"inputPorts:\n  - name: up\n    version: 1.0.0\n    contractId: c-{upstream}\n" if upstream else ""
    )
    return f"""apiVersion: v1.1.0
kind: DataProduct
id: {name}
name: Product {name}
status: active
description:
  purpose: A product of the benchmark.
  usage: Measure how long it takes to read it.
{inputs}outputPorts:
  - name: {name}
    version: 1.0.0
    contractId: c-{name}
    description: The only port.
support:
  - channel: help
    url: mailto:help@example.com
    tool: email
team:
  name: team {name}
  members:
    - username: ada@example.com
      role: owner
    - username: grace@example.com
      role: engineer
"""


def _wide_contract(name: str) -> str:
    columns = []
    for number in range(20):
        columns.append(
            f"      - name: c{number}\n        logicalType: {TYPES[number % 5]}\n"
            f"        description: Column {number} of {name}.\n"
        )
        if number == 0:
            columns.append(
                "        required: true\n        primaryKey: true\n        primaryKeyPosition: 1\n"
            )
        if number in (5, 10):
            columns.append(
                "        quality:\n          - metric: nullValues\n            mustBeLessThan: 5\n"
                "            unit: percent\n            description: Few are missing.\n"
            )
    return f"""apiVersion: v3.2.0
kind: DataContract
id: c-{name}
version: 1.0.0
status: active
name: Contract of {name}
schema:
  - name: {name}
    description: One row for each thing.
    properties:
{"".join(columns)}    quality:
      - metric: rowCount
        mustBeGreaterThan: 0
      - metric: duplicateValues
        arguments:
          properties: [c0, c1]
        mustBe: 0
      - type: sql
        query: select count(*) from {{object}} where c0 < 0
        mustBe: 0
      - type: sql
        query: select count(*) from {{object}} where c2 > 1000000
        mustBeLessThan: 10
        severity: warning
slaProperties:
  - property: latency
    value: 4
    unit: h
  - property: retention
    value: 3
    unit: y
  - property: frequency
    value: 1
    unit: d
"""


def write_wide_dbt(folder: Path, models: int) -> None:
    """As many dbt models with the same columns and as many tests."""
    (folder / "models").mkdir(parents=True)
    _dbt_project(folder, "view")
    for number in range(models):
        name = f"p{number}"
        source = f"{{{{ ref('p{number - 1}') }}}}" if number % 10 else "(values (1)) t(c0)"
        (folder / "models" / f"{name}.sql").write_text(wide_sql(source, number % 10 == 0))
        columns = [f"      - name: c{n}\n        description: Column {n} of {name}.\n" for n in range(20)]
        for number_tested in (0, 5, 10):
            columns[number_tested] += "        data_tests: [unique, not_null]\n"
        (folder / "models" / f"{name}.yml").write_text(
            f"version: 2\nmodels:\n  - name: {name}\n    description: One row for each thing.\n"
            f"    columns:\n{''.join(columns)}"
        )
