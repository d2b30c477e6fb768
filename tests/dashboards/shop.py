"""A small shop whose product `sales/overview` has a dashboard."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "journeys"))

from mesh_folder import MeshFolder, column, contract, csv_server

KEY = "sales/overview"

HEAD = """\
dashboard: sales
title: Sales
"""

TILE = """\
  - title: By city
    query: |
      SELECT city, sum(amount) AS amount
      FROM orders
      WHERE $cities IS NULL OR city IN $cities
      GROUP BY city
    chart:
      mark: bar
      encoding:
        y: {field: city, type: nominal}
        x: {field: amount, type: quantitative}
"""

FILTERS = """\
filters:
  - {filter: cities, title: City, type: choices, query: SELECT DISTINCT city FROM orders ORDER BY city}
"""

DASHBOARD = HEAD + FILTERS + "tiles:\n" + TILE

ROWS = (
    "1,Utrecht,12.50,2026-01-05",
    "2,Utrecht,7.25,2026-02-05",
    "3,Rotterdam,30.00,2026-02-11",
    "4,<script>alert(1)</script>,1.00,2026-03-01",
)


def shop(root: Path, dashboard: str = DASHBOARD, **more: str) -> MeshFolder:
    """The shop in a folder; `more` are other dashboards by file."""
    mesh = MeshFolder(root, "shop")
    columns = [
        column("id", "integer", primaryKey=True, primaryKeyPosition=1, required=True),
        column("city", "string"),
        column("amount", "number", physicalType="decimal(10,2)"),
        column("day", "date"),
    ]
    source = contract("orders_drop", {"orders": columns}, servers=csv_server("data/orders*.csv"))
    own = contract("overview", {"orders": columns})
    folder = mesh.product(
        KEY,
        [source, own],
        {"orders.sql": "SELECT id, city, amount, day FROM till.orders"},
        inputs=[("till", "orders_drop")],
        outputs=[("overview", "1.0.0", "overview")],
        type="consumer-aligned",
    )
    (folder / "dashboards").mkdir(exist_ok=True)
    for name, text in {"sales": dashboard, **more}.items():
        (folder / "dashboards" / f"{name}.yaml").write_text(text)
    mesh.csv("data/orders.csv", "id,city,amount,day", *ROWS)
    return mesh


def dashboard_file(mesh: MeshFolder) -> Path:
    """The file of its dashboard."""
    return mesh.root / "domains" / KEY / "dashboards" / "sales.yaml"
