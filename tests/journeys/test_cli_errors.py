"""Wrong input: what, where, why and the way out; never a traceback."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from mesh_folder import MeshFolder, orders_mesh

ORDERS = "select * from sales.orders.orders"


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> MeshFolder:
    """An applied mesh that no test changes."""
    found = orders_mesh(tmp_path_factory.mktemp("mesh"))
    found.run("apply", "--yes")
    return found


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["plann"], ["No such command 'plann'", "Did you mean 'plan'"]),
        (["new", "prodct", "a/b"], ["No such command 'prodct'", "Did you mean 'product'"]),
        (["--nope"], ["No such option"]),
        (["query"], ["Missing argument"]),
        (["plan", "--format", "xml"], ["`xml` is no format", "--format text or --format json"]),
        (["ci", "--format", "xml"], ["`xml` is no format", "markdown"]),
        (["query", ORDERS, "--format", "xml"], ["`xml` is no format", "csv"]),
        (["apply", "-e", "prd"], ["there is no environment `prd`", "dev"]),
        (["run", "sales/order"], ["there is no product `sales/order`", "did you mean sales/orders?"]),
        (["run", "revenu"], ["did you mean revenue?"]),
        (["run", "a/b/c"], ["is not a product", "DOMAIN/PRODUCT"]),
        (["test", "nope"], ["there is no product `nope`", "mesh list"]),
        (["show", "mesh://other/sales/orders/orders@1"], ["another mesh", "acme"]),
        (["show", "mesh://acme/sales/orders/orders@9"], ["no such port", "orders@1"]),
        (["show", "mesh://acme/sales/orders/deals@1"], ["no such port", "orders@1"]),
        (["show", "mesh://"], ["is not a product"]),
        (["history", "nope/nope"], ["there is no product `nope/nope`"]),
        (["facts", "nope"], ["there is no product `nope`"]),
        (["rollback", "sales/orders"], ["Missing option", "--to"]),
        (["rollback", "sales/orders", "--to", "x"], ["has no publication `x`", "mesh history"]),
        (["validate", "nothing/here"], ["there is no such file or folder"]),
        (["init", "Not A Name"], ["cannot name a mesh"]),
        (["new", "product", "deals"], ["DOMAIN/PRODUCT"]),
        (["apply"], ["nobody can answer", "--yes"]),
        (["query", ORDERS, "--limit", "-1"], ["Invalid value for '--limit'"]),
    ],
)
def test_wrong_words_are_told_with_the_way_out(mesh: MeshFolder, words: list[str], told: list[str]) -> None:
    if words == ["apply"]:
        (mesh.root / "domains/finance/domain.yaml").write_text('{"domain": "finance", "description": "more"}')
    answer = mesh.run(*words, code=2)
    if words == ["apply"]:
        (mesh.root / "domains/finance/domain.yaml").write_text('{"domain": "finance"}')
    for part in told:
        assert part in answer.text, answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("words", "what", "way_out"),
    [
        (["plan", "--nope", "--format", "json"], "No such option: --nope", "mesh plan --help"),
        (["query", "--format=json"], "Missing argument", "mesh query --help"),
        (["query", ORDERS, "--limit", "-1", "--format", "json"], "--limit", "mesh query --help"),
        (["plann", "--format", "json"], "Did you mean 'plan'?", "mesh --help"),
        (["new", "prodct", "--format", "json"], "Did you mean 'product'?", "mesh new --help"),
        (["plan", "-e", "--format", "json"], "unexpected extra argument", "mesh plan --help"),
    ],
)
def test_a_program_reads_wrong_words_as_the_error_envelope(
    mesh: MeshFolder, words: list[str], what: str, way_out: str
) -> None:
    answer = mesh.run(*words, code=2)
    error = answer.data["error"]
    assert error["kind"] == "input" and what in error["what"] and way_out in error["way_out"]
    assert answer.err == ""


def test_exit_codes_with_json_are_those_without(mesh: MeshFolder) -> None:
    assert mesh.run("query", "--help", "--format", "json").out.strip().startswith("Usage")
    assert mesh.run("run", "sales/orders", "--format", "json").data["outcomes"]
    assert mesh.run("history", "nope/nope", "--format", "json", code=2).data["error"]["kind"] == "input"


@pytest.mark.parametrize(
    "command", ["plan", "apply", "ci", "run", "status", "list", "validate", "test", "gc", "facts"]
)
def test_every_command_says_that_there_is_no_mesh(tmp_path: Path, command: str) -> None:
    answer = MeshFolder.at(tmp_path).run(command, code=2)
    assert "there is no mesh.yaml here" in answer.text and "mesh init" in answer.text


def test_a_folder_that_cannot_be_written_is_told(mesh: MeshFolder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = MeshFolder.at(tmp_path).run("init", "acme", "file/below", code=2)
    assert "cannot be written" in answer.err and "way out" in answer.err


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("insert into sales.orders.orders values (9, 'x', 1)", "one SELECT, not `insert`"),
        ("delete from sales.orders.orders", "one SELECT"),
        ("copy (select 1) to 'stolen.csv'", "one SELECT, not `copy`"),
        ("attach 'other.db'", "one SELECT"),
        ("pragma show_tables", "one SELECT"),
        ("set memory_limit = '1GB'", "one SELECT"),
        ("select 1; select 2", "one statement"),
        ("", "empty"),
        ("select * from read_csv('data/orders.csv')", "read_csv"),
        ("select * from 'data/orders.csv'", "data/orders.csv"),
        ("select * from glob('*')", "glob"),
        ("select * from query('select 1')", "query(...)"),
        ("select getenv('HOME')", "getenv"),
        ("select * from duckdb_secrets()", "duckdb_secrets"),
        ("select * from information_schema.tables", "information_schema"),
        ("select * from shop.products", "shop.products"),
        ("select * from nowhere", "`nowhere` is no object of the mesh"),
        ("select * from sales.orders.deals", "it serves orders"),
        ("select * from sales.order.orders", "did you mean sales/orders?"),
        ('select * from sales.orders."orders@7"', "orders@1"),
        ("select * from sales.orders.landing__files__orders", "serves no"),
        ("select cast(customer as integer) from sales.orders.orders", "Could not convert"),
        ("select no_such_function(1)", "no_such_function"),
    ],
)
def test_a_query_reads_published_objects_and_nothing_else(mesh: MeshFolder, sql: str, told: str) -> None:
    answer = mesh.run("query", sql, code=2)
    assert answer.err.startswith("error: ") and told in answer.err, answer.text
    assert "a model" not in answer.err and not (mesh.root / "stolen.csv").exists()


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("select id,\n  from where sales.orders.orders", "the query:2:"),
        ("selec 1", "the query:1:1"),
        ("select *\nfrom nowhere", "the query:2:6"),
        ("select o.amuont\nfrom sales.orders.orders o", "the query:1:10"),
        ("select 1\nfrom read_csv('x')", "the query:2:6"),
    ],
)
def test_a_query_that_is_wrong_is_wrong_at_a_line_and_column(mesh: MeshFolder, sql: str, place: str) -> None:
    assert place in mesh.run("query", sql, code=2).err


def test_a_misspelt_column_has_a_suggestion(mesh: MeshFolder) -> None:
    error = mesh.run("query", "select amuont from sales.orders.orders", "--format", "json", code=2).data[
        "error"
    ]
    assert error["what"] == "`sales.orders.orders` has no column `amuont`"
    assert error["way_out"] == "did you mean amount?"


def test_as_of_wants_a_moment_at_which_something_was_there(mesh: MeshFolder) -> None:
    assert "is no date or time" in mesh.run("query", ORDERS, "--as-of", "yesterday", code=2).err
    assert (
        "had published nothing at 2001-01-01"
        in mesh.run("query", ORDERS, "--as-of", "2001-01-01", code=1).err
    )


# --- validate


def test_one_document_is_validated_on_its_own(mesh: MeshFolder, tmp_path: Path) -> None:
    assert "valid contract" in mesh.run("validate", "domains/sales/orders/contracts/orders-1.0.0.yaml").out
    assert "valid product" in mesh.run("validate", "domains/sales/orders/product.yaml").out
    lonely = tmp_path / "contract.yaml"
    lonely.write_text(
        "kind: DataContract\napiVersion: v3.2.0\nid: a\nversion: 1.0.0\nstatus: active\nservres: []\n"
    )
    answer = MeshFolder.at(tmp_path).run("validate", "contract.yaml", code=2)
    assert "contract.yaml:6:1" in answer.out and "did you mean `servers`?" in answer.out
    problems = MeshFolder.at(tmp_path).run("validate", "contract.yaml", "--format", "json", code=2).data
    assert problems["valid"] is False and problems["problems"][0]["line"] == 6


@pytest.mark.parametrize(
    "text", ["", "just text", "- 1", "a: &x [*x]", "kind: DataContrat", "\x00", "a: 1\na: 2", "[" * 5000]
)
def test_a_file_that_is_no_document_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "file.yaml").write_text(text)
    answer = MeshFolder.at(tmp_path).run("validate", "file.yaml", code=2)
    assert "MW00" in answer.out and "Traceback" not in answer.text


def test_a_broken_mesh_has_all_errors_of_all_files_in_one_go(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    (tmp_path / "domains/sales/domain.yaml").write_text("domain: sales\ncolour: red\n")
    (tmp_path / "domains/sales/orders/product.yaml").write_text("apiVersion: v1.1.0\nkind: DataProduct\n")
    (tmp_path / "domains/finance/revenue/contracts/revenue-1.0.0.yaml").write_text("{ not: [closed\n")
    (tmp_path / "domains/finance/revenue/tests/t.yaml").write_text("- test: x\n")
    problems = mesh.run("validate", "--format", "json", code=2).data["problems"]
    assert {problem["file"] for problem in problems} == {
        "domains/sales/domain.yaml",
        "domains/sales/orders/product.yaml",
        "domains/finance/revenue/contracts/revenue-1.0.0.yaml",
        "domains/finance/revenue/tests/t.yaml",
    }
    assert all(problem["line"] for problem in problems)
    text = mesh.run("validate", code=2).out
    assert text.rstrip().endswith("in 4 files.")


def test_the_rules_of_the_mesh_are_told_in_one_go(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    shutil.rmtree(tmp_path / "domains/sales/orders/models")
    path = tmp_path / "domains/finance/revenue/product.yaml"
    ports = [{"name": "orders", "version": "3.0.0", "contractId": "orders"}]
    path.write_text(json.dumps({**json.loads(path.read_text()), "inputPorts": ports}))
    codes = {p["code"] for p in mesh.run("validate", "--format", "json", code=2).data["problems"]}
    assert {"MW103", "MW201"} <= codes


# --- test


def with_tests(root: Path, *tests: dict[str, object]) -> MeshFolder:
    mesh = orders_mesh(root)
    (root / "domains/finance/revenue/tests/revenue.yaml").write_text(json.dumps(tests))
    return mesh


GIVEN = {
    "orders.orders": [
        {"id": 1, "customer": "ada", "amount": 2.5},
        {"id": 2, "customer": "ada", "amount": 1.0},
    ]
}


def test_unit_tests_touch_no_environment(tmp_path: Path) -> None:
    expect = [{"customer": "ada", "amount": 3.5}]
    mesh = with_tests(tmp_path, {"test": "sums", "model": "revenue", "given": GIVEN, "expect": expect})
    assert "1 test: 1 passed, 0 failed" in mesh.run("test").out
    assert mesh.run("test", "finance/revenue", "--format", "json").data["passed"] == 1
    assert not (tmp_path / ".mesh").exists()


def test_a_failing_unit_test_shows_what_was_missing_and_what_was_not_expected(tmp_path: Path) -> None:
    expect = [{"customer": "ada", "amount": 4.0}]
    mesh = with_tests(
        tmp_path,
        {"test": "sums", "model": "revenue", "given": GIVEN, "expect": expect},
        {"test": "of no model", "model": "revenu", "given": {}, "expect": []},
        {"test": "of no input", "model": "revenue", "given": {"orders.deals": []}, "expect": []},
        {"test": "of no column", "model": "revenue", "given": {"orders.orders": [{"idd": 1}]}, "expect": []},
        {"test": "of no type", "model": "revenue", "given": {"orders.orders": [{"id": "x"}]}, "expect": []},
        {"test": "of nothing", "model": "revenue", "expect": []},
    )
    report = mesh.run("test", "--format", "json", code=1).data
    assert (report["passed"], report["failed"]) == (1, 5)
    first, *others = report["tests"]
    assert first["missing"] == expect and first["unexpected"] == [{"customer": "ada", "amount": 3.5}]
    assert [bool(other["error"]) for other in others] == [True, True, True, True, False]
    text = mesh.run("test", code=1).out
    assert "FAIL" in text and "missing" in text and "6 tests: 1 passed, 5 failed" in text


def test_problems_of_documents_and_of_rules_come_in_one_go(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    finance, sales = tmp_path / "domains/finance/revenue", tmp_path / "domains/sales/orders"
    product = json.loads((finance / "product.yaml").read_text())
    (finance / "product.yaml").write_text(json.dumps({**product, "colour": "red"}))
    (sales / "models" / "orders.sql").write_text("select id, customer, amount from elsewhere.orders\n")
    product = json.loads((sales / "product.yaml").read_text())
    product["outputPorts"][0]["contractId"] = "order"
    (sales / "product.yaml").write_text(json.dumps(product))
    answer = mesh.run("validate", "--format", "json", code=2).data
    codes = {problem["code"] for problem in answer["problems"]}
    assert "MW003" in codes and "MW102" in codes
    assert not any("finance" in problem["message"] for problem in answer["problems"])
