"""A generator of large meshes: 20 columns, six quality rules, service levels, a team and a model each."""

from __future__ import annotations

from pathlib import Path

TYPES = ("string", "integer", "number", "date", "timestamp", "boolean")


def contract(number: int) -> str:
    lines = [
        *("apiVersion: v3.2.0", "kind: DataContract", f"id: contract-{number}", f"name: Contract {number}"),
        *(
            "version: 1.0.0",
            "status: active",
            "description:",
            f"  purpose: Rows of product {number}",
            "team:",
        ),
        *(f"  name: team-{number % 20}", "  members:"),
        *(
            "    - {username: ada, name: Ada, role: owner}",
            "    - {username: bob, name: Bob, role: engineer}",
        ),
        *("schema:", f"  - name: object_{number}", "    physicalType: table"),
        *("    description: One row per thing.", "    properties:"),
    ]
    for column in range(20):
        key = "primaryKey: true" if column == 0 else f"required: {str(column % 3 == 0).lower()}"
        lines += [
            f"      - name: column_{column}",
            f"        logicalType: {TYPES[column % 6]}",
            f"        description: What column {column} of product {number} means to its readers.",
            f"        {key}",
        ]
        if 1 <= column <= 4:
            lines += ["        quality:", "          - metric: nullValues", "            mustBe: 0"]
            lines += ["            severity: error", "            dimension: completeness"]
    lines += ["    quality:", "      - metric: rowCount", "        mustBeGreaterThan: 0", "      - type: sql"]
    lines += ["        query: SELECT COUNT(*) FROM ${table} WHERE column_1 IS NULL", "        mustBe: 0"]
    lines += ["        severity: warning", "slaProperties:"]
    for name, value, unit in (("frequency", 1, "d"), ("retention", 3, "y"), ("latency", 4, "h")):
        lines += [f"  - property: {name}", f"    value: {value}", f"    unit: {unit}"]
    return "\n".join(lines) + "\n"


def product(number: int) -> str:
    """Products are chains of ten."""
    upstream = f"  - {{name: upstream, version: 1.0.0, contractId: contract-{number - 1}}}\n"
    inputs = f"inputPorts:\n{upstream}" if number % 10 else ""
    return f"""\
apiVersion: v1.1.0
kind: DataProduct
id: product-{number}
name: Product {number}
version: 1.0.0
status: active
domain: domain_{number // 10 % 20}
description:
  purpose: Purpose of {number}
{inputs}outputPorts:
  - name: rows
    description: The rows
    type: tables
    version: 1.0.0
    contractId: contract-{number}
support:
  - channel: help
    url: https://example.com/help
team:
  name: team-{number % 20}
  members:
    - username: ada
      role: owner
"""


def write_mesh(root: Path, products: int) -> None:
    """Write a mesh of this many products below `root`."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "mesh.yaml").write_text("mesh: large\n")
    for number in range(products):
        domain = root / "domains" / f"domain_{number // 10 % 20}"
        folder = domain / f"product_{number}"
        for part in ("contracts", "models"):
            (folder / part).mkdir(parents=True)
        (domain / "domain.yaml").write_text(f"domain: {domain.name}\nteam:\n  name: {domain.name}\n")
        (folder / "product.yaml").write_text(product(number))
        (folder / "contracts" / "rows.yaml").write_text(contract(number))
        columns = ", ".join(f"u.column_{column}" for column in range(20))
        source = f"upstream.object_{number - 1}" if number % 10 else "(SELECT 1)"
        (folder / "models" / f"object_{number}.sql").write_text(f"SELECT {columns}\nFROM {source} AS u\n")


if __name__ == "__main__":
    import sys

    write_mesh(Path(sys.argv[1]), int(sys.argv[2]))
