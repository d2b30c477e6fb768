"""Plans kept in files: what was reviewed is what is applied."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mesh_folder import MeshFolder, column, contract, orders_mesh

from meshwright.errors import InputError
from meshwright.experience.plan.explain import as_markdown, explain
from meshwright.experience.plan.kept import _digest, plan_from_text

MODEL = "domains/finance/revenue/models/revenue.sql"


def kept(mesh: MeshFolder, *words: str, code: int = 0) -> Path:
    mesh.run("plan", "--out", "plan.json", *words, code=code)
    return mesh.root / "plan.json"


def test_a_kept_plan_applies_what_was_reviewed_also_when_the_tree_changed_since(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    kept(mesh)
    (tmp_path / MODEL).write_text("this is no model any more\n")
    (tmp_path / "domains/sales/orders/product.yaml").write_text("id: [broken\n")
    (tmp_path / "domains/finance/other").mkdir()
    (tmp_path / "domains/finance/other/product.yaml").write_text("id: [broken\n")
    mesh.run("apply", "plan.json", "--yes")
    assert len(mesh.rows("select * from finance.revenue.revenue")) == 2


def test_a_plan_that_is_applied_says_so_and_is_no_failure(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    kept(mesh)
    mesh.run("apply", "plan.json", "--yes")
    before = mesh.files()
    assert "already applied" in mesh.run("apply", "plan.json", "--yes").out
    assert mesh.run("apply", "plan.json", "--yes", "--format", "json").data["already"] is True
    assert mesh.files() == before


def test_a_plan_of_builds_alone_is_applied_once(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    mesh.csv("data/orders.csv", "id,customer,amount", "7,zoe,1.0")
    mesh.run("run", "sales/orders")
    kept(mesh)
    outcomes = mesh.run("apply", "plan.json", "--yes", "--format", "json").data["outcomes"]
    assert [(o["product"], o["status"]) for o in outcomes] == [("finance/revenue", "published")]
    assert mesh.run("apply", "plan.json", "--yes", "--format", "json").data["already"] is True


def test_a_plan_whose_build_failed_goes_on_where_it_stopped(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    (tmp_path / "data/orders.csv").rename(tmp_path / "data/late.csv")
    kept(mesh)
    mesh.run("apply", "plan.json", "--yes", code=1)
    (tmp_path / "data/late.csv").rename(tmp_path / "data/orders.csv")
    mesh.run("apply", "plan.json", "--yes")
    assert len(mesh.rows("select * from finance.revenue.revenue")) == 2


def test_an_environment_that_moved_refuses_the_plan(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    (tmp_path / MODEL).write_text("select customer, 1.0 as amount from orders.orders\n")
    kept(mesh)
    (tmp_path / MODEL).write_text("select customer, 2.0 as amount from orders.orders\n")
    mesh.run("apply", "--yes")
    answer = mesh.run("apply", "plan.json", "--yes", code=1)
    assert "has moved" in answer.text and "make the plan again" in answer.text
    assert {row["amount"] for row in mesh.rows("select * from finance.revenue.revenue")} == {2.0}


def test_a_rollback_after_the_review_refuses_the_plan(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    mesh.run("run", "sales/orders", "--downstream")
    (tmp_path / MODEL).write_text("select customer, 1.0 as amount from orders.orders\n")
    kept(mesh)
    mesh.run("rollback", "sales/orders", "--to", "1")
    assert "has moved" in mesh.run("apply", "plan.json", "--yes", code=1).text


def test_runs_of_what_is_changed_do_not_matter_after_the_review(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    (tmp_path / MODEL).write_text("select customer, 1.0 as amount from orders.orders\n")
    kept(mesh)
    mesh.run("run", "finance/revenue")
    mesh.run("apply", "plan.json", "--yes")
    assert {row["amount"] for row in mesh.rows("select * from finance.revenue.revenue")} == {1.0}


def test_the_refusals_of_a_kept_plan_refuse(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    shutil.rmtree(tmp_path / "domains/finance/revenue")
    plan = kept(mesh, code=1)
    assert "MW503" in mesh.run("apply", "plan.json", "--yes", code=1).text
    forge(plan, lambda data: data.update(refusals=[]))
    assert "--allow-destroy" in mesh.run("apply", "plan.json", "--yes", code=1).text
    assert len(mesh.rows("select * from finance.revenue.revenue")) == 2
    kept(mesh, "--allow-destroy")
    mesh.run("apply", "plan.json", "--yes")
    mesh.run("gc", "--now")
    assert not any("revenue" in file for file in mesh.files())


def test_what_is_allowed_belongs_to_the_review(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    kept(mesh)
    assert "as it was reviewed" in mesh.run("apply", "plan.json", "--allow-destroy", code=2).text


def forge(plan: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a kept plan and make its digest fit again."""
    data = json.loads(plan.read_text())
    data.pop("digest")
    change(data)
    plan.write_text(json.dumps({**data, "digest": _digest(data)}))


def test_a_plan_that_was_edited_is_refused(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    plan = kept(mesh)
    text = plan.read_text()
    for old, new in (
        ("sum(amount)", "max(amount)"),
        ('"refusals": []', '"refusals": [1]'),
        ('"dev"', '"prod"'),
    ):
        assert old in text
        plan.write_text(text.replace(old, new))
        answer = mesh.run("apply", "plan.json", "--yes", code=2)
        assert "was changed after it was made" in answer.err and "mesh plan --out" in answer.err
    assert mesh.files() == set()


FORGED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a change of no kind": lambda d: d["changes"][0].update(change="magic"),
    "a change with another key": lambda d: d["changes"][0].update(more=1),
    "a value of another type": lambda d: d["changes"][0].update(action=["add"]),
    "a text for a list": lambda d: d["changes"][1].update(product="sales/orders", files="all"),
    "no product": lambda d: d["changes"][2].update(product="../../etc"),
    "changes that are no list": lambda d: d.update(changes={"a": 1}),
    "refusals of text": lambda d: d.update(refusals=["no"]),
    "a bundle with nothing in it": lambda d: d.update(bundles=[{}]),
    "a bundle of numbers": lambda d: d["bundles"][0].update(texts={"models/x.sql": 1}),
    "bundles left out": lambda d: d.update(bundles=[]),
    "a bundle of another digest": lambda d: d["bundles"][0].update(digest="0" * 40),
    "a change left out": lambda d: d["changes"].pop(1),
    "a missing part": lambda d: d.pop("allowed"),
    "another format": lambda d: d.update(format=99),
    "another environment": lambda d: d.update(environment="prod"),
    "another mesh": lambda d: d.update(mesh="other"),
    "another repository": lambda d: d.update(repository="other"),
    "a domain of another repository": lambda d: d["domains"][0].update(repository="other"),
    "nested without end": lambda d: d.update(allowed={"breaking": [[[]]]}),
}


def test_a_forged_plan_is_a_clear_error(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    text = kept(mesh).read_text()
    for what, change in FORGED.items():
        (tmp_path / "forged.json").write_text(text)
        forge(tmp_path / "forged.json", change)
        answer = mesh.run("apply", "forged.json", "--yes", code=None)
        assert answer.code == 2 and answer.err.startswith("error: "), f"{what}: {answer.text}"
    assert mesh.files() == set()


def test_a_plan_that_is_forged_to_store_a_domain_of_another_tree_stores_nothing(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    forge(kept(mesh), lambda data: data["domains"][0].update(name="leasing"))
    mesh.run("apply", "plan.json", "--yes", code=1)
    assert mesh.run("status", "--format", "json").data["products"] == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"plan"', '{"format": 3}', "[" * 100_000, "\x00", "{}"]
)
def test_a_file_that_is_no_plan_is_a_clear_error(tmp_path: Path, text: str) -> None:
    mesh = MeshFolder(tmp_path)
    (tmp_path / "plan.json").write_text(text)
    answer = mesh.run("apply", "plan.json", "--yes", code=2)
    assert "no plan file" in answer.err and "way out" in answer.err


def test_a_plan_cut_short_or_not_there_is_a_clear_error(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    plan = kept(mesh)
    plan.write_bytes(plan.read_bytes()[:-200])
    assert "no plan file" in mesh.run("apply", "plan.json", "--yes", code=2).err
    plan.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in mesh.run("apply", "plan.json", "--yes", code=2).err
    assert "cannot be read" in mesh.run("apply", "none.json", "--yes", code=2).err
    assert "cannot be kept" in mesh.run("plan", "--out", "no/such/folder.json", code=2).err


def test_a_plan_for_domains_of_another_tree_is_refused(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    kept(mesh)
    (tmp_path / "mesh.yaml").write_text(json.dumps({"mesh": "acme", "domains": ["sales"]}))
    assert "does not own" in mesh.run("apply", "plan.json", "--yes", code=2).err


def test_a_plan_keeps_every_kind_of_change(tmp_path: Path) -> None:
    from meshwright.experience.plan.kept import plan_to_text

    mesh = orders_mesh(tmp_path)
    mesh.product(
        "finance/extra",
        [contract("extra", {"extra": [column("one")]})],
        {"extra.sql": "select 1 as one\n"},
        outputs=[("extra", "1.0.0", "extra")],
        status="draft",
    )
    mesh.run("apply", "--yes")
    shutil.rmtree(tmp_path / "domains/finance/revenue")
    (tmp_path / "domains/finance/domain.yaml").write_text('{"domain": "finance", "description": "ours"}')
    extra = tmp_path / "domains/finance/extra"
    document = json.loads((extra / "product.yaml").read_text())
    (extra / "product.yaml").write_text(json.dumps({**document, "status": "active"}))
    new = contract("extra", {"extra": [column("one", "string")]})
    (extra / "contracts/extra-1.0.0.yaml").write_text(json.dumps(new))
    text = kept(mesh, code=1).read_text()
    plan = plan_from_text(text, "plan.json")
    assert {change.tag for change in plan.changes} == {
        "domain", "product", "status", "contract", "table", "build",
    }  # fmt: skip
    assert plan_to_text(plan) == text


@pytest.fixture(scope="module")
def plan_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    return kept(orders_mesh(tmp_path_factory.mktemp("mesh"))).read_text()


VALUES = st.sampled_from([None, True, 0, -1.5, "", "x/y", "mesh://", [], [1], ["a"], {}, {"a": 1}, [[]]])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_part_of_a_plan_may_be_replaced_and_it_is_a_plan_or_an_input_error(
    plan_text: str, data: st.DataObject
) -> None:
    document = json.loads(plan_text)
    document.pop("digest")
    place: Any = document
    while True:
        step = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner = place[step]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        place = inner
    place[step] = data.draw(VALUES)
    try:
        plan = plan_from_text(json.dumps({**document, "digest": _digest(document)}), "plan.json")
    except InputError as error:
        assert error.way_out
    else:
        assert list(explain(plan)) and as_markdown(plan)


def test_a_kept_plan_with_a_new_product_that_is_listed_before_a_changed_one_is_applied(
    tmp_path: Path,
) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    mesh.product(
        "crm/people",
        [contract("people", {"people": [column("id")]})],
        {"people.sql": "select 1 as id\n"},
        outputs=[("people", "1.0.0", "people")],
    )
    model = tmp_path / MODEL
    model.write_text(f"{model.read_text()}-- again\n")
    kept(mesh)
    outcomes = mesh.run("apply", "plan.json", "--yes", "--format", "json").data["outcomes"]
    assert [o["status"] for o in outcomes] == ["published", "published"]


def test_json_asks_no_question_so_it_wants_yes(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    assert "--yes" in mesh.run("apply", "--format", "json", code=2).text
    assert mesh.run("status", "--format", "json").data["products"] == []
