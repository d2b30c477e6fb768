"""Reports about a mesh that has policies, failures and hostile names."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "dashboards"))

from shop import KEY, MeshFolder, shop

from meshwright.supervision.metamodel.own import own_tables
from meshwright.supervision.reports.catalogue import NAMES, report

HOSTILE = "</h1><script>alert(1)</script>"

POLICY = f"""\
policy: owned
title: Products have an owner
severity: error
when: [continuous]
why: Somebody answers. {HOSTILE}
fix: Name one.
query: |
  SELECT address, 'it has no owner {HOSTILE}' AS reason FROM mesh.products WHERE owner IS NULL
"""


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> MeshFolder:
    """Two products of which the second reads the first and fails at last."""
    mesh = shop(tmp_path_factory.mktemp("reports") / "mesh")
    (mesh.root / "policies").mkdir()
    (mesh.root / "policies" / "owned.yaml").write_text(POLICY)
    mesh.run("apply", "--yes", code=None)
    mesh.run("policy", "check", "--record", code=1)
    mesh.csv("data/orders.csv", "id,city,amount,day", "1,x,1.00,2026-01-01", "1,x,2.00,2026-01-01")
    mesh.run("run", KEY, code=1)
    return mesh


def parts(mesh: MeshFolder, name: str, *words: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of each part of a report, by its title."""
    found = mesh.run("report", name, "--format", "json", *words).data
    assert (found["report"], found["mesh"]) == (name, "shop")
    return {part["title"]: part["rows"] for part in found["parts"]}


@pytest.mark.parametrize("name", NAMES)
def test_every_report_is_a_sound_dashboard_over_the_meshs_tables(name: str) -> None:
    from meshwright.experience.dashboards.encodings import columns_named
    from meshwright.experience.dashboards.look import look_at_mesh, tables_read
    from meshwright.supervision.metamodel.own import relation_of
    from meshwright.supervision.metamodel.relations import RELATIONS
    from meshwright.wiring import binding_engine

    found = report(name)
    assert tables_read(found) <= set(own_tables())
    empty = {each: RELATIONS[relation_of(each)].schema.empty_table() for each in tables_read(found)}
    with binding_engine().tables(empty) as session:
        view = look_at_mesh(found, session, {})
    for seen in view.tiles:
        assert seen.fault is None, (seen.tile.title, seen.fault)
        assert seen.rows is not None
        columns = frozenset(seen.rows.column_names)
        if seen.tile.kind == "chart":
            assert list(columns_named(seen.tile.content).missing(columns)) == []
        for each in seen.tile.content.get("columns", ()) if seen.tile.kind == "table" else ():
            assert each["column"] in columns
    assert any(seen.tile.kind == "table" for seen in view.tiles)


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_one_file_that_runs_and_loads_nothing(
    mesh: MeshFolder, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "x.html"
    assert "Wrote" in mesh.run("report", name, "--out", str(file)).out
    text = file.read_text()
    assert "<script" not in text and " src=" not in text and "http" not in text.split("</style>")[1]
    assert "default-src 'none'" in text and "<dt>As of</dt>" in text


def test_the_portfolio_says_what_needs_attention(mesh: MeshFolder) -> None:
    found = parts(mesh, "portfolio")
    (row,) = found["Every product"]
    assert row["product"] == "overview"
    assert "last run failed" in row["attention"] and "no owner" in row["attention"]
    assert found["Products"] == [{"products": 1, "active": 1}]
    assert found["Failing"] == [{"failing": 1, "built": 1}]
    assert found["Published"][0]["share"] == 1


def test_the_quality_report_has_the_checks_that_failed(mesh: MeshFolder) -> None:
    found = parts(mesh, "quality")
    assert "fail" in {row["status"] for row in found["What failed"]}
    (row,) = found["Every product"]
    assert (row["run"], row["failed"] > 0) == ("failed", True)
    assert found["Runs that published"] == [{"share": 0.5, "failed": 1}]


def test_the_compliance_report_has_violations_and_marks(mesh: MeshFolder) -> None:
    found = parts(mesh, "compliance")
    assert found["Policies in force"] == [{"policies": 1, "errors": 1}]
    assert found["Open violations"] == [{"open": 1, "errors": 1}]
    (row,) = found["Every open violation"]
    assert row["policy"] == "owned" and HOSTILE in row["reason"]
    scores = mesh.run("policy", "score", "--applied", "--format", "json", code=None).data
    (score,) = (each for each in scores["scores"] if each["product"])
    assert found["Marks"][0]["marks"] == score["score"] == 0
    by_domain = {row["domain"]: round(row["marks"], 1) for row in found["Marks by domain"]}
    assert by_domain == scores["domains"]


def test_a_report_is_about_one_domain_if_asked(mesh: MeshFolder) -> None:
    assert len(parts(mesh, "portfolio", "--domain", "sales")["Every product"]) == 1
    wrong = mesh.run("report", "portfolio", "--domain", "sale", code=2).text
    assert "there is no domain `sale`" in wrong and "did you mean `sales`?" in wrong


def test_csv_has_the_rows_of_the_last_table(mesh: MeshFolder, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(mesh.run("report", "portfolio", "--format", "csv").out)))
    assert [row["product"] for row in rows] == ["overview"]
    file = tmp_path / "x.csv"
    mesh.run("report", "portfolio", "--format", "csv", "--out", str(file))
    assert next(csv.DictReader(file.open(newline="")))["product"] == "overview"


def test_a_report_that_is_not_there_is_told(mesh: MeshFolder) -> None:
    assert "did you mean `portfolio`?" in mesh.run("report", "portfoio", code=2).text
    error = mesh.run("report", "portfoio", "--format", "json", code=2)
    assert "portfoio" in json.dumps(error.data)
