"""Rules about models, lifecycle, secrets and folders; what `validate` and `locate` promise."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from mesh_builder import column, contract_document, mesh, ours, product, table

from meshwright.errors import Problem
from meshwright.experience.models.analysis import ProductAnalysis
from meshwright.experience.rules import check_transition, locate, validate
from meshwright.model.product import STATUSES, TRANSITIONS, Domain, Environment


def codes(of, code: str) -> list[Problem]:
    return [problem for problem in validate(of) if problem.code == code]


def test_an_object_without_a_model_names_the_file_to_write():
    bad = mesh(product(contracts=[contract_document()], models={"deal.sql": "SELECT 1"}))
    [problem] = codes(bad, "MW201")
    assert "object `deals` of port `deals` (major 1) of brokerage/deals has no model" in problem.message
    assert problem.hint == "write domains/brokerage/deals/models/deals.sql, or rename the model `deal`"


def test_an_object_of_two_majors_may_have_a_model_for_each():
    both = [contract_document("a"), contract_document("b", version="2.0.0")]
    [problem] = codes(mesh(product(contracts=both, models={"deals@1.sql": "SELECT 1"})), "MW201")
    assert problem.hint == "write domains/brokerage/deals/models/deals@2.sql"
    for models in (
        {"deals@1.sql": "", "deals@2.py": ""},
        {"deals.sql": ""},
        {"deals.sql": "", "deals@2.sql": ""},
    ):
        assert codes(mesh(product(contracts=both, models=models)), "MW201") == []


def test_a_retired_product_needs_no_models():
    assert codes(mesh(product(contracts=[contract_document()], models={}, status="retired")), "MW201") == []


def test_a_model_without_effect_is_warned_of():
    models = {"deals.sql": "SELECT 1", "dealz.sql": "SELECT 2"}
    [problem] = codes(mesh(product(contracts=[contract_document()], models=models)), "MW202")
    assert problem.severity == "warning"
    assert problem.file == "domains/brokerage/deals/models/dealz.sql"
    assert problem.hint == "did you mean `deals`?"


def test_an_intermediate_model_that_another_uses_is_fine():
    models = {"deals.sql": "SELECT * FROM open_deals", "open_deals.sql": "SELECT 2"}
    assert validate(mesh(product(contracts=[contract_document()], models=models))) == ()


def test_a_status_is_one_of_the_lifecycle():
    [problem] = codes(mesh(product(contracts=[contract_document()], status="activ")), "MW301")
    assert problem.hint == "did you mean `active`?"
    for status in STATUSES:
        assert codes(mesh(product(contracts=[contract_document()], status=status)), "MW301") == []


def test_a_deprecated_product_has_a_sunset_that_is_a_date():
    bad = mesh(product(contracts=[contract_document()], status="deprecated"))
    assert "deprecated but has no sunset date" in codes(bad, "MW302")[0].message
    for sunset in ("next year", "2027-02-30", "27-06-30"):
        bad = mesh(
            product(
                contracts=[contract_document()], status="deprecated", customProperties=ours(sunset=sunset)
            )
        )
        [problem] = codes(bad, "MW302")
        assert f"the sunset `{sunset}`" in problem.message
        assert problem.path == "customProperties[0].value"
    good = product(
        contracts=[contract_document()], status="deprecated", customProperties=ours(sunset="2027-06-30")
    )
    assert validate(mesh(good)) == ()


def test_a_successor_is_another_product_of_the_mesh():
    def with_successor(successor: str):
        return mesh(
            product("brokerage/deals", [contract_document()], customProperties=ours(successor=successor)),
            product("brokerage/deals_new", [contract_document("new", table("deals_new"))]),
        )

    assert "is no product of this mesh" in codes(with_successor("brokerage/deals_neu"), "MW307")[0].message
    assert "is the product itself" in codes(with_successor("brokerage/deals"), "MW307")[0].message
    assert "is no product" in codes(with_successor("the new one"), "MW307")[0].message
    for good in ("brokerage/deals_new", "mesh://premium_offices/brokerage/deals_new/new@1"):
        assert codes(with_successor(good), "MW307") == []


@pytest.mark.parametrize("old", STATUSES)
@pytest.mark.parametrize("new", STATUSES)
def test_transitions_follow_the_lifecycle(old, new):
    problem = check_transition(old, new)
    assert (problem is None) == (old == new or new in TRANSITIONS[old])
    assert check_transition(None, new) is None


def test_a_refused_transition_says_the_way_out():
    assert "deprecated with a sunset date first" in (check_transition("active", "retired").hint or "")
    problem = check_transition("retired", "active", subject="leasing/leases", successor="leasing/ends")
    assert problem.message == "leasing/leases cannot go from retired to active"
    assert problem.hint == "its successor is leasing/ends"


def test_a_secret_that_is_no_reference_is_refused_and_never_shown():
    secrets = {"crm": {"user": "env:CRM_USER", "password": "hunter2"}, "api": "hunter3"}
    bad = mesh(
        product(contracts=[contract_document()]),
        environments={"prod": Environment("prod", "sqlite://", "/w", secrets=secrets)},
    )
    found = codes(bad, "MW125")
    assert [p.path for p in found] == [
        "environments.prod.secrets.api",
        "environments.prod.secrets.crm.password",
    ]
    assert "hunter" not in "".join(map(str, found))


def test_references_to_secrets_are_sound():
    secrets = {"crm": {"user": "env:CRM_USER", "password": "file:/run/secrets/crm"}, "api": "env:TOKEN"}
    good = mesh(
        product(contracts=[contract_document()]),
        environments={"prod": Environment("prod", "sqlite://", "/w", secrets=secrets)},
    )
    assert codes(good, "MW125") == []


def test_folders_and_documents_agree():
    of = mesh(product("finance/rents", [contract_document("rents", table("rents"))], domain="leasing"))
    [problem] = codes(of, "MW126")
    assert "names the domain `leasing`, but lies in `finance`" in problem.message
    domain = Domain("finance", "domains/finance/domain.yaml", {"domain": "leasing"})
    [problem] = codes(replace(of, products={}, domains={"finance": domain}), "MW126")
    assert problem.hint == "write `domain: finance`, or move the folder"
    good = mesh(product("finance/rents", [contract_document("rents", table("rents"))], domain="finance"))
    assert validate(good) == ()


def test_a_domain_that_mesh_yaml_lists_has_a_folder():
    bad = mesh(product(contracts=[contract_document()]), owned=["brokerage", "brokerag"])
    [problem] = codes(bad, "MW126")
    assert "there is no folder domains/brokerag" in problem.message
    assert problem.hint == "did you mean `brokerage`?"


def test_problems_found_elsewhere_join_the_rest():
    of = mesh(product(contracts=[contract_document()]))
    other = Problem("MW299", "a model does not parse", file="domains/brokerage/deals/models/deals.sql")
    key = next(iter(of.products))
    assert validate(of, {key: ProductAnalysis(key, {}, {}, {}, (other,))}) == (other,)


def test_places_are_filled_in_at_the_end_where_they_are_known():
    problems = (
        Problem("MW101", "x", file="a.yaml", path="p"),
        Problem("MW101", "y", file="b.yaml", path="q"),
    )
    located = locate(problems, lambda file, path: (3, 7) if (file, path) == ("a.yaml", "p") else None)
    assert [p.place for p in located] == ["a.yaml:3:7", "b.yaml"]


def large(count: int):
    columns = [column(f"c{i}") for i in range(20)]
    products = []
    for i in range(count):
        document = contract_document(f"c{i}", table(f"o{i}", *columns))
        inputs = [{"name": "up", "contractId": f"c{i - 1}", "version": "1.0.0"}] if i % 10 else []
        products.append(product(f"d{i % 50}/p{i}", [document], inputs=inputs))
    return mesh(*products)


def test_the_cost_of_validating_is_linear_in_the_mesh():
    small, big = large(200), large(2000)
    started = time.process_time()
    assert validate(small) == ()
    between = time.process_time()
    assert validate(big) == ()
    assert time.process_time() - between < 10 * 3 * (between - started) + 0.1


def test_a_mesh_full_of_misspelt_inputs_is_judged_fast_too():
    products = [
        product(f"d/p{i}", [contract_document(f"contract_{i}", table(f"p{i}"))],
                inputs=[{"name": "up", "contractId": f"contrat_{i}"}])
        for i in range(2000)
    ]  # fmt: skip
    started = time.process_time()
    found = codes(mesh(*products), "MW103")
    assert len(found) == 2000 and found[0].hint and "did you mean" in found[0].hint
    assert time.process_time() - started < 5
