"""What commands say about products is what is so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from mesh_folder import MeshFolder, orders_mesh

GOOD = ("id,customer,amount", "1,ada,10.5", "2,grace,20.0")
BAD = ("id,customer,amount", "1,ada,-1")


def test_status_tells_that_the_last_run_failed_until_one_publishes(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    mesh.csv("data/orders.csv", *BAD)
    mesh.run("run", "sales/orders", code=1)
    orders, revenue = reversed(mesh.run("status", "--format", "json").data["products"])
    assert orders["failed_run"]["error"]["kind"] == "checks" and orders["number"] == 1
    assert revenue["failed_run"] is None
    text = mesh.run("status").out
    assert "last run failed: " in text and text.count("up to date") == 1
    assert "failed" in mesh.run("facts", "sales/orders", "--limit", "2").out
    mesh.csv("data/orders.csv", *GOOD)
    mesh.run("run", "sales/orders")
    assert "last run failed" not in mesh.run("status").out
    assert "published" in mesh.run("facts", "sales/orders", "--limit", "2").out


def test_a_named_product_that_is_not_due_is_left_alone_by_due(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    assert "Nothing is due." in mesh.run("run", "sales/orders", "--due").out
    assert "Nothing is due." in mesh.run("run", "sales/orders", "--due", "--downstream").out
    mesh.run("run", "sales/orders")
    assert "finance/revenue" not in mesh.run("run", "--due", "sales/orders").out
    (outcome,) = mesh.run("run", "--due", "finance/revenue", "--format", "json").data["outcomes"]
    assert (outcome["product"], outcome["status"]) == ("finance/revenue", "published")


@pytest.mark.parametrize(
    "words",
    [
        ["history", "sales/orders"],
        ["history", "orders"],
        ["query", "select * from sales.orders.orders"],
        ["run", "sales.orders"],
        ["rollback", "sales/orders", "--to", "1"],
        ["unpin", "sales/orders"],
        ["facts", "sales/orders"],
    ],
)
def test_a_product_that_is_declared_but_not_applied_is_told_as_that(tmp_path: Path, words: list[str]) -> None:
    mesh = orders_mesh(tmp_path)
    answer = mesh.run(*words, code=2)
    assert "sales/orders is declared but not applied in dev" in answer.err
    assert "`mesh apply`" in answer.err


def test_before_the_first_apply_a_run_says_that_nothing_is_applied(tmp_path: Path) -> None:
    assert "Nothing is applied in dev. Try `mesh apply`." in orders_mesh(tmp_path).run("run").out


def test_after_a_rollback_to_an_older_publication_readers_have_other_data_not_newer(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    mesh.run("run", "sales/orders")
    assert "newer data from sales/orders" in mesh.run("status").out
    mesh.run("run", "finance/revenue")
    mesh.run("rollback", "sales/orders", "--to", "1")
    assert "other data from sales/orders" in mesh.run("status").out
    mesh.run("unpin", "sales/orders")
    assert "other data from sales/orders" in mesh.run("status").out
    built = mesh.run("run", "--due", "--format", "json").data["outcomes"]
    assert "finance/revenue" in [outcome["product"] for outcome in built]


def broken(root: Path) -> MeshFolder:
    """An applied mesh, and a breaking change to a contract that a product reads."""
    mesh = orders_mesh(root)
    mesh.run("apply", "--yes")
    path = root / "domains/sales/orders/contracts/orders-1.0.0.yaml"
    document = json.loads(path.read_text())
    del document["schema"][0]["properties"][1]["required"]
    path.write_text(json.dumps(document))
    return mesh


def test_a_refused_apply_says_once_what_speaks_against_it(tmp_path: Path) -> None:
    mesh = broken(tmp_path)
    answer = mesh.run("apply", "--yes", code=1)
    assert answer.text.count("way out: ") == 1
    assert answer.err == "error: the plan is refused: nothing was applied\n"


def test_a_program_reads_the_refusals_of_an_apply_as_those_of_the_plan(tmp_path: Path) -> None:
    mesh = broken(tmp_path)
    refusals = mesh.run("plan", "--format", "json", code=1).data["refusals"]
    error = mesh.run("apply", "--yes", "--format", "json", code=1).data["error"]
    assert error["kind"] == "refused" and "\n" not in error["what"]
    assert error["refusals"] == refusals and refusals[0]["code"].startswith("MW")


def test_an_apply_that_builds_nothing_says_what_it_stored(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    (tmp_path / "domains/finance/domain.yaml").write_text('{"domain": "finance", "description": "more"}')
    assert "Applied: 1 domain stored; there was nothing to build." in mesh.run("apply", "--yes").out
    shutil.rmtree(tmp_path / "domains/finance/revenue")
    told = mesh.run("apply", "--yes", "--allow-destroy").out
    assert "Applied: 1 product removed; there was nothing to build." in told


def test_a_misspelt_domain_to_take_over_is_told_also_when_nothing_changed(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    answer = mesh.run("apply", "--yes", "--take-over", "salse", code=2)
    assert "no domain `salse`" in answer.err and "finance, sales" in answer.err


def test_unit_tests_are_those_of_this_tree_and_look_at_no_registry_without_need(tmp_path: Path) -> None:
    expect = [{"customer": "ada", "amount": 1.0}]
    given = {"orders.orders": [{"id": 1, "customer": "ada", "amount": 1.0}]}
    sums = {"test": "sums", "model": "revenue", "given": given, "expect": expect}
    one = orders_mesh(tmp_path / "one")
    tests = one.root / "domains/finance/revenue/tests/t.yaml"
    tests.write_text(json.dumps({**sums, "expect": []}))
    registry = {"registry": f"sqlite:///{one.root}/.mesh/dev/registry.db"}
    one.run("apply", "--yes")
    two = orders_mesh(tmp_path / "two")
    settings = {"mesh": "acme", "domains": ["sales"], "environments": {"dev": registry}}
    (two.root / "mesh.yaml").write_text(json.dumps(settings))
    assert "0 tests" in two.run("test").out
    assert "there is no product" in two.run("test", "finance/revenue", code=2).err
    (one.root / ".mesh/dev/registry.db").write_text("no registry at all")
    tests.write_text(json.dumps(sums))
    assert "1 test: 1 passed" in one.run("test").out
    assert "0 tests" in two.run("test").out


def test_a_failed_unit_test_shows_its_rows_and_names_in_the_words_of_its_author(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    models = tmp_path / "domains/finance/revenue/models"
    models.joinpath("revenue.sql").write_text(
        "select customer, sum(cast(customer as decimal(10, 2))) as amount from orders.orders group by 1\n"
    )
    given = {"orders.orders": [{"id": 1, "customer": "ada", "amount": 1.0}]}
    of_type = {"orders.orders": [{"id": "one"}]}
    expect = [{"customer": "7", "amount": 8}]
    tests = [
        {"test": "not a number", "model": "revenue", "given": given, "expect": []},
        {"test": "of no type", "model": "revenue", "given": of_type, "expect": []},
        {
            "test": "other",
            "model": "revenue",
            "given": {"orders.orders": [{"customer": "7"}]},
            "expect": expect,
        },
        {"test": "expects", "model": "revenue", "given": {}, "expect": [{"amount": "x"}]},
    ]
    (tmp_path / "domains/finance/revenue/tests/t.yaml").write_text(json.dumps(tests))
    text = " ".join(mesh.run("test", code=1).out.split())
    assert 'Could not convert string "ada" to DECIMAL' in text
    assert "what is given for `orders.orders`" in text
    assert "unexpected: {customer: 7, amount: 7.00}" in text
    assert "what `revenue` is expected to return" in text
    assert not any(word in text for word in ("mw:", "withheld", "Decimal", "in a query")), text


def test_validate_says_what_is_a_warning_and_what_an_error(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    (tmp_path / "domains/sales/orders/models/unused.sql").write_text("select 1 as one\n")
    assert "warning: domains/sales/orders/models/unused.sql" in mesh.run("validate").out
    path = tmp_path / "domains/sales/orders/product.yaml"
    document = json.loads(path.read_text())
    document["outputPorts"][0]["contractId"] = "orders-fil"
    path.write_text(json.dumps(document))
    text = mesh.run("validate", code=2).out
    assert "error: domains/sales/orders/product.yaml" in text and "did you mean `orders-file`" not in text


def test_errors_say_what_is_wrong_in_no_library_s_words(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    no_plan = mesh.run("apply", "nope.json", code=2).err
    assert "No such file" in no_plan and "Errno" not in no_plan and "`mesh plan --out FILE`" in no_plan
    incomplete = mesh.run("query", "select id from sales.orders.orders where", code=2).err
    assert "`where` is not complete" in incomplete and "Required keyword" not in incomplete
    model = mesh.run("validate", "domains/sales/orders/models/orders.sql", code=2)
    assert "checked with the mesh" in model.text and "way out" in model.text


def test_a_list_wraps_a_purpose_and_does_not_cut_it_to_two_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh = orders_mesh(tmp_path)
    path = tmp_path / "domains/sales/orders/product.yaml"
    purpose = "Every order of the shop, for those who plan the deliveries of a day."
    document = {**json.loads(path.read_text()), "description": {"purpose": purpose}}
    path.write_text(json.dumps(document))
    monkeypatch.setenv("COLUMNS", "80")
    text = mesh.run("list").out
    assert all(word in text for word in purpose.split()) and max(map(len, text.splitlines())) <= 80


def test_drift_of_a_source_without_types_names_no_type(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.csv("data/orders.csv", "id,customers,amount", "1,ada,10.5")
    text = mesh.run("apply", "--yes", code=1).text
    assert "was it renamed to `customers`?" in " ".join(text.split()) and "(any)" not in text


def test_what_is_not_closed_is_told_with_where_it_began(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    (tmp_path / "open.yaml").write_text("kind: DataContract\ntags: [one,\nid: x\n")
    assert "to close the bracket at 2:7" in mesh.run("validate", "open.yaml", code=2).out
    mesh.csv("data/orders.csv", "id,customer,amount", '1,"ada,10.5', "2,bob,3")
    text = " ".join(mesh.run("apply", "--yes", code=1).text.split())
    assert "line 2" in text and "a quote is not closed" in text and "CSV Error" not in text
