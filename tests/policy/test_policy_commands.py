"""`mesh policy`, and policies in plans, on small meshes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.journeys.mesh_folder import MeshFolder, column, contract, csv_server, custom
from tests.policy.policy_mesh import OWNED, TEAM, numbers, policy, waiver

PRODUCT = "mesh://acme/sales/orders"


def shared(folder: Path) -> dict[str, dict[str, str]]:
    """One environment for several repositories."""
    return {"dev": {"registry": f"sqlite:///{folder}/registry.db", "warehouse": f"{folder}/warehouse"}}


@pytest.fixture
def mesh(tmp_path: Path) -> MeshFolder:
    folder = MeshFolder(tmp_path / "mesh")
    numbers(folder, "sales/orders")
    numbers(folder, "finance/revenue", team=TEAM)
    return folder


def refusals(mesh: MeshFolder, code: int = 1) -> list[tuple[str, str]]:
    found = mesh.run("plan", "--format", "json", code=code).data["refusals"]
    return [(each["code"], each["subject"]) for each in found]


def test_a_plan_that_breaks_a_policy_is_refused_with_reason_and_way_out(mesh: MeshFolder) -> None:
    policy(mesh, "owned")
    told = mesh.run("plan", code=1).text
    assert f"x MW601 {PRODUCT}: policy `owned`: nobody owns it" in told
    assert "way out: Mend it." in told
    assert "+ policies of the mesh: 1 policy" in told
    mesh.run("apply", "--yes", code=1)
    assert mesh.rows("select * from mesh.products") == []
    numbers(mesh, "sales/orders", team=TEAM)
    mesh.run("apply", "--yes")
    assert mesh.rows("select policy, severity from mesh.policies") == [
        {"policy": "owned", "severity": "error"}
    ]


def test_warnings_are_told_and_refuse_nothing(mesh: MeshFolder) -> None:
    policy(mesh, "owned", severity="warning")
    plan = mesh.run("plan", "--format", "json").data
    assert [(each["address"], each["effect"]) for each in plan["verdicts"]] == [(PRODUCT, "told")]
    assert "Mend it." in mesh.run("plan").text
    mesh.run("policy", "check")


def test_a_waiver_lets_it_be_until_its_last_day(mesh: MeshFolder) -> None:
    policy(mesh, "owned")
    file = waiver(mesh, "one", "owned", PRODUCT, "2999-12-31")
    plan = mesh.run("plan", "--format", "json").data
    assert [(each["effect"], each["until"]) for each in plan["verdicts"]] == [("waived", "2999-12-31")]
    mesh.run("apply", "--yes")
    assert mesh.rows("select policy, address, expires, approver from mesh.waivers") == [
        {"policy": "owned", "address": PRODUCT, "expires": "2999-12-31", "approver": "grace"}
    ]
    file.write_text(file.read_text().replace("2999", "2020"))
    assert refusals(mesh) == [("MW601", PRODUCT)]
    answer = mesh.run("policy", "check", "--format", "json", code=1).data
    assert [each["waived_until"] for each in answer["violations"]] == [None]


def test_a_domain_adds_policies_and_weakens_none(mesh: MeshFolder) -> None:
    policy(mesh, "owned")
    policy(mesh, "owned", "select address, 'too few' as reason from mesh.products", domain="finance")
    waiver(mesh, "one", "owned", PRODUCT, "2999-12-31", domain="sales")
    told = mesh.run("validate", code=2).text
    assert "MW603" in told and "domain `sales` has no policy `owned` of its own" in told
    (mesh.root / "domains/sales/policies/waivers/one.yaml").unlink()
    assert sorted(refusals(mesh)) == [
        ("MW601", "mesh://acme/finance/revenue"),
        ("MW601", PRODUCT),
    ]
    names = {each["name"] for each in mesh.run("policy", "list", "--format", "json").data["policies"]}
    assert names == {"owned", "finance/owned"}
    waiver(mesh, "own", "owned", "mesh://acme/finance/revenue", "2999-12-31", domain="finance")
    assert refusals(mesh) == [("MW601", PRODUCT)]


@pytest.mark.parametrize(
    ("of", "address", "told"),
    [
        ("owned", "mesh://acme/sales/order", "there is nothing at mesh://acme/sales/order"),
        ("owner", PRODUCT, "there is no policy `owner`"),
    ],
)
def test_a_waiver_of_what_does_not_exist_is_an_error(
    mesh: MeshFolder, of: str, address: str, told: str
) -> None:
    policy(mesh, "owned", severity="warning")
    waiver(mesh, "one", of, address, "2999-12-31")
    assert told in mesh.run("plan", code=1).text
    assert told in mesh.run("policy", "check", code=1).text
    assert refusals(mesh)[0][0] == "MW603"


def test_a_policy_that_cannot_be_judged_refuses_its_own_tree(mesh: MeshFolder) -> None:
    file = policy(mesh, "files", "select 1 as address,\n 'x' as reason from read_csv('x')")
    file.write_text(
        "policy: files\ntitle: t\nseverity: warning\nwhy: w.\nfix: f.\n"
        "query: |\n  select address,\n  'x' as reason\n  from read_csv('x')\n"
    )
    policy(mesh, "owned", severity="warning")
    found = mesh.run("plan", "--format", "json", code=1).data
    assert [each["code"] for each in found["refusals"]] == ["MW602"]
    assert found["refusals"][0]["subject"] == "policies/files.yaml:9"
    assert [each["policy"] for each in found["verdicts"]] == ["owned"]


def test_who_brings_a_policy_answers_for_what_breaks_it(mesh: MeshFolder) -> None:
    mesh.run("apply", "--yes")
    policy(mesh, "owned")
    assert refusals(mesh) == [("MW601", PRODUCT)]
    policy(mesh, "owned", severity="warning")
    mesh.run("apply", "--yes")
    policy(mesh, "owned")
    assert refusals(mesh) == [("MW601", PRODUCT)]


def test_what_others_demand_since_stops_no_work_elsewhere_in_a_domain(tmp_path: Path) -> None:
    registry = shared(tmp_path)
    team = MeshFolder(tmp_path / "team", repository="team", environments=registry)
    numbers(team, "sales/orders")
    numbers(team, "sales/returns")
    team.run("apply", "--yes")
    centre = MeshFolder(tmp_path / "centre", repository="centre", environments=registry)
    policy(centre, "owned")
    centre.run("apply", "--yes")  # it has no domains: nothing of its own breaks the policy
    numbers(team, "sales/returns", team=TEAM)
    plan = team.run("plan", "--format", "json").data
    assert (plan["refusals"], plan["verdicts"]) == ([], [])
    (warning,) = (each for each in plan["warnings"] if each["code"] == "MW601")
    assert "`owned` is broken at 1 address of this tree" in warning["message"]
    assert team.run("policy", "check", "--format", "json", code=1).data["violations"][0]["address"] == PRODUCT
    numbers(team, "sales/orders", name="Orders")  # what is touched must keep it
    assert refusals(team) == [("MW601", PRODUCT)]


def test_a_plan_answers_for_what_it_causes_elsewhere(tmp_path: Path) -> None:
    registry = shared(tmp_path)
    provider = MeshFolder(
        *(tmp_path / "provider",), repository="p", environments=registry, policies={"use": ["sunset_passed"]}
    )
    numbers(provider, "sales/orders")
    provider.run("apply", "--yes")
    consumer = MeshFolder(tmp_path / "consumer", repository="c", environments=registry)
    consumer.product(
        "finance/revenue",
        [contract("revenue", {"revenue": [column("id")]})],
        {"revenue.sql": "select id from up.sales_orders\n"},
        inputs=[("up", "sales_orders")],
        outputs=[("out", "1.0.0", "revenue")],
    )
    consumer.run("apply", "--yes")
    end = custom(sunset="2020-01-01")
    numbers(provider, "sales/orders", status="deprecated", customProperties=end)
    assert ("MW601", "mesh://acme/finance/revenue/up") in refusals(provider)


def flowing(mesh: MeshFolder, model: str, classification: str) -> None:
    """Two products: one serves a personal column, the other makes a column of it."""
    person = column("mail", "string", classification="personal")
    mesh.csv("data/people.csv", "mail", "ada@example.com")
    source = contract("people-file", {"people": [person]}, servers=csv_server("data/people.csv"))
    mesh.product(
        "sales/people",
        [source, contract("people", {"people": [person]})],
        {"people.sql": "select mail from files.people\n"},
        inputs=[("files", "people-file")],
        outputs=[("out", "1.0.0", "people")],
    )
    made = column("who", "string", classification=classification)
    mesh.product(
        "finance/debtors",
        [contract("debtors", {"debtors": [made]})],
        {"debtors.sql": model},
        inputs=[("up", "people")],
        outputs=[("out", "1.0.0", "debtors")],
    )


@pytest.mark.parametrize(
    ("model", "classification", "refused"),
    [
        ("select lower(mail) as who from up.people\n", "internal", True),
        ("select lower(mail) as who from up.people\n", "personal", False),
        ("select md5(mail) as who from up.people\n", "internal", False),
        ("select 'somebody' as who from up.people where mail like 'a%'\n", "internal", False),
        ("with t as (select mail as x from up.people) select x || '!' as who from t\n", "public", True),
    ],
)
def test_sensitive_data_are_followed_through_the_models_of_a_plan(
    model: str, classification: str, refused: bool, tmp_path: Path
) -> None:
    mesh = MeshFolder(tmp_path / "mesh", policies={"use": ["sensitive_flow"]})
    flowing(mesh, model, classification)
    address = "mesh://acme/finance/debtors/out@1#debtors.who"
    assert refusals(mesh, code=int(refused)) == [("MW601", address)] * refused


def test_policies_of_the_package_are_switched_on_by_name(tmp_path: Path) -> None:
    mesh = MeshFolder(
        tmp_path / "mesh", policies={"use": ["owner_named"], "severity": {"owner_named": "info"}}
    )
    numbers(mesh, "sales/orders")
    listed = mesh.run("policy", "list", "--format", "json").data["policies"]
    assert [(each["name"], each["severity"], each["file"]) for each in listed] == [
        ("owner_named", "info", "library/owner_named.yaml")
    ]
    every = mesh.run("policy", "list", "--all", "--format", "json").data["policies"]
    assert {each["name"] for each in every if not each["used"]} >= {"product_purpose"}
    mesh.run("plan")


def test_a_policy_that_the_package_does_not_have_is_an_error_with_its_place(tmp_path: Path) -> None:
    mesh = MeshFolder(tmp_path / "mesh")
    (mesh.root / "mesh.yaml").write_text("mesh: acme\npolicies:\n  use: [owner_name]\n")
    numbers(mesh, "sales/orders")
    told = mesh.run("validate", code=2).text
    assert "mesh.yaml:3:9" in told and "MW604" in told and "did you mean `owner_named`?" in told


def test_unknown_keys_of_a_policy_are_errors_with_their_place(mesh: MeshFolder) -> None:
    policy(mesh, "owned")
    (mesh.root / "policies/owned.yaml").write_text(
        "policy: owned\ntitle: t\nseverty: error\nwhy: w\nfix: f\nquery: select 1\n"
    )
    told = " ".join(mesh.run("validate", code=2).text.split())
    assert "policies/owned.yaml:3:1" in told and "did you mean `severity`?" in told


def test_a_policy_and_a_waiver_are_validated_alone(mesh: MeshFolder) -> None:
    file = policy(mesh, "owned")
    other = waiver(mesh, "one", "owned", PRODUCT, "2999-12-31")
    mesh.run("validate", str(file))
    mesh.run("validate", str(other))
    other.write_text(other.read_text().replace('"approver"', '"aprover"'))
    assert "did you mean `approver`?" in mesh.run("validate", str(other), code=2).text


def test_the_examples_of_a_policy_are_tried(mesh: MeshFolder) -> None:
    owner = {"products": [{"address": PRODUCT, "owner": "ada"}]}
    nobody = {"products": [{"address": PRODUCT}]}
    right = {
        "pass": [{"name": "owned", "given": owner}],
        "fail": [{"name": "not", "given": nobody, "addresses": [PRODUCT]}],
    }
    policy(mesh, "owned", examples=right)
    assert "1 policy, 2 examples, 0 wrong." in mesh.run("policy", "test").text
    policy(mesh, "owned", OWNED.replace("is null", "is not null"), examples=right)
    told = mesh.run("policy", "test", code=1).text
    assert f"owned: it finds a violation at {PRODUCT}" in told
    assert f"not: it finds nothing at {PRODUCT}" in told
    policy(mesh, "owned", examples={"pass": [{"name": "odd", "given": {"products": [{"adress": 1}]}}]})
    assert "did you mean `address`?" in mesh.run("policy", "test", code=1).text


def test_a_sweep_records_when_violations_were_first_seen_and_fixed(mesh: MeshFolder) -> None:
    policy(mesh, "owned", when=["continuous"])
    mesh.run("apply", "--yes")  # only a sweep judges it
    told = mesh.run("policy", "check", "--record", code=1).text
    assert "Recorded: 1 new, 0 changed, 0 gone." in told
    assert "Recorded: 0 new, 0 changed, 0 gone." in mesh.run("policy", "check", "--record", code=1).text
    (row,) = mesh.rows("select policy, address, product, status, first_seen, fixed_at from mesh.violations")
    assert (row["policy"], row["address"], row["product"], row["status"]) == (
        *("owned", PRODUCT, "orders", "open"),
    )
    numbers(mesh, "sales/orders", team=TEAM)
    mesh.run("apply", "--yes")
    assert "0 new, 0 changed, 1 gone" in mesh.run("policy", "check", "--record").text
    (after,) = mesh.rows("select status, first_seen, fixed_at, because from mesh.violations")
    assert (after["status"], after["first_seen"], after["because"]) == (
        *("fixed", row["first_seen"], "mended"),
    )
    assert after["fixed_at"] > after["first_seen"]
    numbers(mesh, "sales/orders")
    mesh.run("apply", "--yes")
    mesh.run("policy", "check", "--record", code=1)
    assert [
        each["status"] for each in mesh.rows("select status from mesh.violations order by first_seen")
    ] == [
        *("fixed", "open"),
    ]


def test_scores_say_what_is_missing_to_full_marks(mesh: MeshFolder) -> None:
    policy(mesh, "owned", severity="warning")
    policy(mesh, "named", "select address, 'x' as reason from mesh.products where name is null")
    found = mesh.run("policy", "score", "--format", "json").data
    marks = {(each["domain"], each["product"]): (each["score"], each["missing"]) for each in found["scores"]}
    assert marks["sales", "orders"] == (0.0, ["named", "owned"])
    assert marks["finance", "revenue"] == (28.6, ["named"])
    assert marks["finance", None] == (100.0, [])
    assert found["domains"] == {"finance": 64.3, "sales": 50.0}


def test_a_mesh_without_policies_says_so(mesh: MeshFolder) -> None:
    assert "No policy is in force" in mesh.run("policy", "list").text
    assert "nothing to score" in mesh.run("policy", "score").text
    mesh.run("policy", "check")


def test_a_publication_is_judged_by_the_policies_that_ask_for_it(mesh: MeshFolder) -> None:
    few = (
        "select address, 'few rows' as reason from mesh.products "
        "join mesh.publications q using (domain, product) where q.current and q.rows < 2"
    )
    policy(mesh, "few", few, when=["publish"], severity="warning")
    told = mesh.run("apply", "--yes")
    assert "! 2 new violations of policies" in told.text
    rows = mesh.rows("select address, status from mesh.violations order by address")
    assert [(row["address"], row["status"]) for row in rows] == [
        ("mesh://acme/finance/revenue", "open"),
        (PRODUCT, "open"),
    ]
    (mesh.root / "domains/sales/orders/models/sales_orders.sql").write_text(
        "select range as id from range(9)\n"
    )
    mesh.run("apply", "--yes")
    rows = mesh.rows("select address, status, because from mesh.violations where status = 'fixed'")
    assert rows == [{"address": PRODUCT, "status": "fixed", "because": "mended"}]
    mesh.run("policy", "check", "--record")
    assert mesh.rows("select count(*) as n from mesh.violations where status = 'open'") == [{"n": 1}]


def test_a_policy_that_is_withdrawn_takes_its_violations_along(mesh: MeshFolder) -> None:
    file = policy(mesh, "owned", when=["continuous"])
    policy(mesh, "other", severity="info", when=["continuous"])
    mesh.run("apply", "--yes")
    mesh.run("policy", "check", "--record", code=1)
    file.unlink()
    mesh.run("apply", "--yes")
    mesh.run("policy", "check", "--record")
    assert mesh.rows("select policy, because from mesh.violations order by policy") == [
        {"policy": "other", "because": None},
        {"policy": "owned", "because": "withdrawn"},
    ]


def test_violations_of_a_product_go_with_it(mesh: MeshFolder) -> None:
    few = "select address, 'few' as reason from mesh.products join mesh.publications using (domain, product)"
    policy(mesh, "few", few, when=["publish"], severity="info")
    mesh.run("apply", "--yes")
    shutil.rmtree(mesh.root / "domains/sales/orders")
    mesh.run("apply", "--yes", "--allow-destroy")
    mesh.run("policy", "check", "--record")
    assert mesh.rows("select product, because from mesh.violations order by product") == [
        {"product": "orders", "because": "withdrawn"},
        {"product": "revenue", "because": None},
    ]


def test_nothing_changed_is_told_without_judging_and_a_changed_policy_is_a_plan(mesh: MeshFolder) -> None:
    file = policy(mesh, "owned", severity="warning")
    mesh.run("apply", "--yes")
    assert mesh.run("apply", "--yes", "--format", "json").data["already"] is True
    policy(mesh, "owned", severity="info")
    assert "~ policies of the mesh: ~ owned" in mesh.run("plan").text
    mesh.run("apply", "--yes")
    assert mesh.rows("select severity from mesh.policies") == [{"severity": "info"}]
    facts = mesh.run("facts", "--format", "json", "--limit", "100").data
    told = [each["payload"]["changes"] for each in facts if each["kind"] == "policies.applied"]
    assert told == [["~ owned"], ["+ owned"]]
    file.unlink()
    file.parent.rmdir()  # a tree that says nothing of policies leaves what is applied
    assert "policies" not in mesh.run("plan").text


def test_a_kept_plan_holds_the_policies_that_it_stores(mesh: MeshFolder) -> None:
    policy(mesh, "owned", severity="warning")
    mesh.run("plan", "--out", "p.json")
    mesh.run("apply", "p.json", "--yes")
    assert mesh.rows("select policy from mesh.policies") == [{"policy": "owned"}]
    assert "already applied" in mesh.run("apply", "p.json", "--yes").text
    numbers(mesh, "finance/revenue", team=TEAM, name="Revenue")
    mesh.run("plan", "--out", "p.json")
    policy(mesh, "owned", severity="error")
    mesh.run("plan", "--out", "q.json", code=1)
    assert "moved" not in mesh.run("apply", "p.json", "--yes").text


def test_another_repository_keeps_the_policies_of_the_mesh_and_cannot_change_them(tmp_path: Path) -> None:
    registry = shared(tmp_path)
    centre = MeshFolder(tmp_path / "centre", repository="centre", environments=registry)
    policy(centre, "owned")
    centre.run("apply", "--yes")
    team = MeshFolder(tmp_path / "team", repository="team", environments=registry)
    numbers(team, "sales/orders")
    assert refusals(team) == [("MW601", PRODUCT)]
    waiver(team, "one", "owned", PRODUCT, "2999-12-31")
    assert ("MW605", "mesh") in refusals(team)
    (team.root / "policies/waivers/one.yaml").unlink()
    waiver(centre, "one", "owned", PRODUCT, "2999-12-31")
    assert ("MW603", "policies/waivers/one.yaml") in refusals(centre)  # nothing is applied there yet
    (centre.root / "policies/waivers/one.yaml").unlink()
    numbers(team, "sales/orders", team=TEAM)
    team.run("apply", "--yes")
    (centre.root / "policies/owned.yaml").unlink()
    assert "- policies of the mesh: - owned" in centre.run("plan").text
    policy(team, "mine", severity="info")
    team.run("apply", "--yes", "--take-over", "mesh")
    assert team.rows("select policy, repository from mesh.policies") == [
        {"policy": "mine", "repository": "team"}
    ]
