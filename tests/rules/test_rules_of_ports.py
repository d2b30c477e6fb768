"""Rules about ports: contracts, resolution, addresses, versions, cycles."""

from __future__ import annotations

from dataclasses import replace

from mesh_builder import (
    column,
    contract_document,
    mesh,
    ours,
    product,
    source_document,
    table,
)

from meshwright.errors import Problem
from meshwright.experience.rules import validate
from meshwright.model.mesh import Mesh


def found(of: Mesh, code: str) -> list[Problem]:
    return [problem for problem in validate(of) if problem.code == code]


def only(of: Mesh, code: str) -> Problem:
    problems = found(of, code)
    assert len(problems) == 1, problems
    return problems[0]


def reader(name: str, *inputs: dict, **keys) -> object:
    own = name.split("/")[1]
    return product(name, [contract_document(own, table(own))], inputs=list(inputs), **keys)


GOOD = mesh(
    product(
        "brokerage/deals",
        [contract_document("deals"), source_document("crm", table("crm_deals"))],
        inputs=[{"name": "crm", "contractId": "crm"}],
    ),
    reader("finance/rents", {"name": "deals", "contractId": "deals", "version": "1.0.0"}),
)


def test_a_sound_mesh_has_no_problems():
    assert validate(GOOD) == ()


def test_a_port_without_a_contract_is_found_on_both_sides():
    bad = mesh(product(outputs=[{"name": "deals"}], inputs=[{"name": "crm"}]))
    problems = found(bad, "MW101")
    assert [p.path for p in problems] == ["inputPorts[0]", "outputPorts[0]"]
    assert "output port `deals` of brokerage/deals names no contract" in problems[1].message
    assert problems[0].file == "domains/brokerage/deals/product.yaml"


def test_an_unknown_contract_comes_with_the_name_that_was_meant():
    port = {"name": "deals", "version": "1.0.0", "contractId": "deal"}
    problem = only(mesh(product(contracts=[contract_document("deals")], outputs=[port])), "MW102")
    assert "has no contract `deal`" in problem.message
    assert problem.hint == "did you mean `deals`?"
    assert problem.path == "outputPorts[0].contractId"


def test_a_port_whose_version_no_contract_of_that_id_has_names_those_there_are():
    contracts = [contract_document("deals", version="1.0.0"), contract_document("deals", version="2.0.0")]
    port = {"name": "deals", "version": "3.0.0", "contractId": "deals"}
    problem = only(mesh(product(contracts=contracts, outputs=[port])), "MW102")
    assert "exists as 1.0.0, 2.0.0" in problem.message


def test_an_input_of_an_unknown_contract_says_what_was_meant():
    bad = mesh(
        product(contracts=[contract_document("deals")]),
        reader("finance/rents", {"name": "deals", "contractId": "dels"}),
    )
    problem = only(bad, "MW103")
    assert "resolves to nothing" in problem.message
    assert problem.hint == "did you mean `deals`?"


def test_an_input_that_asks_for_too_new_a_version_says_which_is_served():
    bad = mesh(
        product(contracts=[contract_document("deals", version="1.2.0")]),
        reader("finance/rents", {"name": "deals", "contractId": "deals", "version": "1.4.0"}),
    )
    problem = only(bad, "MW103")
    assert "version 1.4.0 is asked for" in problem.message
    assert "mesh://premium_offices/brokerage/deals/deals@1 is version 1.2.0 (older)" in problem.message
    assert problem.hint == "served are: 1.2.0"


def test_an_input_of_another_major_says_so():
    bad = mesh(
        product(contracts=[contract_document("deals", version="2.0.0")]),
        reader("finance/rents", {"name": "deals", "contractId": "deals", "version": "1.0.0"}),
    )
    assert "2.0.0 (another major)" in only(bad, "MW103").message


def test_an_input_of_an_own_contract_without_servers_says_that_servers_are_missing():
    bad = mesh(
        product(
            contracts=[contract_document("deals"), contract_document("crm", table("crm_deals"))],
            outputs=[{"name": "deals", "version": "1.0.0", "contractId": "deals"}],
            inputs=[{"name": "crm", "contractId": "crm"}],
        )
    )
    problem = only(bad, "MW103")
    assert "has no `servers`" in problem.message


def test_an_input_of_the_wrong_version_of_a_source_names_the_right_one():
    bad = mesh(
        product(
            contracts=[contract_document("deals"), source_document("crm")],
            inputs=[{"name": "crm", "contractId": "crm", "version": "2.0.0"}],
        )
    )
    problem = only(bad, "MW103")
    assert "is version 1.0.0, not 2.0.0" in problem.message
    assert problem.hint == "ask for version 1.0.0"


def test_an_input_that_two_majors_fit_asks_for_a_version():
    both = [contract_document("deals", version="1.2.0"), contract_document("deals", version="2.0.0")]
    bad = mesh(
        product(
            contracts=both,
            outputs=[{"name": "deals", "version": v, "contractId": "deals"} for v in ("1.2.0", "2.0.0")],
        ),
        reader("finance/rents", {"name": "deals", "contractId": "deals"}),
    )
    problem = only(bad, "MW104")
    assert "deals@1 (1.2.0)" in problem.message and "deals@2 (2.0.0)" in problem.message
    assert problem.hint == "add `version`: one of 1.2.0, 2.0.0"


def test_an_input_that_ports_of_two_products_fit_asks_for_contracts_of_their_own():
    bad = mesh(
        product("brokerage/deals", [contract_document("deals")]),
        product("brokerage/copies", [contract_document("deals")]),
        reader("finance/rents", {"name": "deals", "contractId": "deals", "version": "1.0.0"}),
    )
    assert only(bad, "MW104").hint == "bind each output port to a contract of its own"


def test_two_output_ports_with_one_address_are_an_error_but_two_majors_are_not():
    contracts = [contract_document("a"), contract_document("b", table("b"), version="1.1.0")]
    ports = [
        {"name": "deals", "version": "1.0.0", "contractId": "a"},
        {"name": "deals", "version": "1.1.0", "contractId": "b"},
    ]
    problem = only(mesh(product(contracts=contracts, outputs=ports)), "MW107")
    assert "mesh://premium_offices/brokerage/deals/deals@1" in problem.message
    assert "outputPorts[0] and outputPorts[1]" in problem.message
    contracts[1] = contract_document("b", table("b"), version="2.0.0")
    ports[1] = {"name": "deals", "version": "2.0.0", "contractId": "b"}
    assert found(mesh(product(contracts=contracts, outputs=ports)), "MW107") == []


def test_two_input_ports_with_one_name_are_an_error():
    inputs = [{"name": "crm", "contractId": "crm"}, {"name": "crm", "contractId": "crm"}]
    bad = mesh(product(contracts=[contract_document(), source_document()], inputs=inputs))
    assert "two input ports of brokerage/deals are called `crm`" in only(bad, "MW107").message


def test_two_products_with_one_id_are_an_error_at_the_second():
    bad = mesh(
        product("brokerage/deals", [contract_document("deals")], id="same"),
        product("brokerage/copies", [contract_document("copies", table("copies"))], id="same"),
    )
    problem = only(bad, "MW108")
    assert "brokerage/copies has the id `same`, which is also that of brokerage/deals" in problem.message


def test_a_clash_with_another_tree_is_reported_at_our_product():
    bad = mesh(
        product("brokerage/deals", [contract_document("deals")], id="same"),
        product("finance/rents", [contract_document("rents", table("rents"))], id="same"),
        owned=["brokerage"],
    )
    assert only(bad, "MW108").file == "domains/brokerage/deals/product.yaml"


def test_contracts_of_one_id_and_version_must_say_the_same():
    edited = contract_document("deals", table("deals", column("id"), column("extra")))
    bad = mesh(
        product("brokerage/deals", [contract_document("deals")]),
        product("finance/rents", [edited], outputs=[]),
    )
    problem = only(bad, "MW109")
    assert "differs in `schema`" in problem.message
    assert "brokerage" in problem.message
    same = mesh(
        product("brokerage/deals", [contract_document("deals")]),
        product("finance/rents", [contract_document("deals")], outputs=[]),
    )
    assert found(same, "MW109") == []


def test_names_that_cannot_be_in_an_address_are_found_everywhere():
    bad = mesh(
        product("brokerage/Deals-New", [contract_document("a", table("OpenDeals"))]),
        product("system/x", [contract_document("x", table("x"))], inputs=[{"name": "1crm"}]),
        name="main",
    )
    problems = found(bad, "MW110")
    text = "\n".join(map(str, problems))
    assert "`Deals-New` cannot name a product" in text and "for example `deals_new`" in text
    assert "`OpenDeals` cannot name an object" in text
    assert "for example `open_deals`" in text
    assert "`1crm` cannot name a port" in text
    assert "`system` is a reserved word and cannot name a domain" in text
    assert "`main` is a reserved word and cannot name a mesh" in text
    assert len(problems) == 5


def test_a_cycle_is_printed_and_reported_once():
    bad = mesh(
        reader("a/one", {"name": "three", "contractId": "three"}),
        reader("b/two", {"name": "one", "contractId": "one"}),
        reader("c/three", {"name": "two", "contractId": "two"}),
        reader("d/apart", {"name": "two", "contractId": "two"}),
    )
    problem = only(bad, "MW111")
    assert problem.message.endswith("a/one -> c/three -> b/two -> a/one")
    assert (problem.file, problem.path) == ("domains/a/one/product.yaml", "inputPorts[0]")


def test_a_product_that_reads_itself_is_a_cycle():
    bad = mesh(reader("a/one", {"name": "self", "contractId": "one"}))
    assert only(bad, "MW111").message.endswith("a/one -> a/one")


def test_a_cycle_of_five_thousand_products_needs_no_recursion():
    count = 5000
    ring = [
        reader(f"d/p{i}", {"name": "next", "contractId": f"p{(i + 1) % count}"}, models={f"p{i}.sql": ""})
        for i in range(count)
    ]
    problem = only(mesh(*ring), "MW111")
    assert problem.message.count(" -> ") == count


def test_a_diamond_is_no_cycle():
    good = mesh(
        reader("a/top"),
        reader("a/left", {"name": "top", "contractId": "top"}),
        reader("a/right", {"name": "top", "contractId": "top"}),
        reader("a/end", {"name": "left", "contractId": "left"}, {"name": "right", "contractId": "right"}),
    )
    assert validate(good) == ()


def test_a_port_and_its_contract_have_the_same_major():
    port = {"name": "deals", "version": "1.3.0", "contractId": "deals"}
    bad = mesh(product(contracts=[contract_document("deals", version="2.0.0")], outputs=[port]))
    problem = only(bad, "MW112")
    assert "is version 1.3.0, its contract `deals` is version 2.0.0" in problem.message
    good = mesh(product(contracts=[contract_document("deals", version="1.0.0")], outputs=[port]))
    assert found(good, "MW112") == []


def test_versions_are_semantic():
    bad = mesh(product(contracts=[contract_document("deals", version="spring")], version="x"))
    problems = found(bad, "MW113")
    assert {p.path for p in problems} == {"version", "outputPorts[0].version"}
    for version in ("1", "1.2", "1.2.3", "v1.2.3", "1.2.3-rc.1", "1.2.3+build"):
        assert found(mesh(product(contracts=[contract_document("deals", version=version)])), "MW113") == []


def test_contracts_of_the_old_standard_are_refused():
    bad = mesh(product(contracts=[{**contract_document("deals"), "apiVersion": "v2.2.2"}]))
    assert "ODCS v2.2.2, which is not supported" in only(bad, "MW114").message


def test_a_product_serves_something_unless_it_is_retired():
    assert "no output port" in only(mesh(product(outputs=[])), "MW115").message
    assert found(mesh(product(outputs=[], status="retired")), "MW115") == []


def test_an_object_name_means_one_table_per_major():
    contracts = [contract_document("deals"), contract_document("open_deals", table("deals"))]
    problem = only(mesh(product(contracts=contracts)), "MW116")
    assert "served by ports `deals` and `open_deals` of major 1" in problem.message
    contracts[1] = contract_document("open_deals", table("deals"), version="2.0.0")
    assert found(mesh(product(contracts=contracts)), "MW116") == []


def test_products_of_other_trees_are_not_judged():
    bad = product("finance/rents", [contract_document("rents", table("Rents"))], status="whatever")
    assert validate(mesh(bad, product(contracts=[contract_document()]), owned=["brokerage"])) == ()


def test_readers_of_unfinished_products_of_other_domains_are_refused():
    for status in ("proposed", "draft"):
        bad = mesh(
            product("leasing/leases", [contract_document("leases", table("leases"))], status=status),
            reader("finance/rents", {"name": "leases", "contractId": "leases"}),
            reader("leasing/ends", {"name": "leases", "contractId": "leases"}),
        )
        problem = only(bad, "MW303")
        assert f"reads leasing/leases, which is {status}: visible to domain `leasing` only" in problem.message


def test_readers_of_retired_products_are_sent_to_the_successor():
    bad = mesh(
        product(
            "leasing/leases",
            [contract_document("leases", table("leases"))],
            status="retired",
            customProperties=ours(successor="leasing/ends"),
        ),
        reader("leasing/ends"),
        reader("finance/rents", {"name": "leases", "contractId": "leases"}),
    )
    problem = only(bad, "MW304")
    assert "reads leasing/leases, which is retired" in problem.message
    assert problem.hint == "its successor is leasing/ends"


def test_readers_of_deprecated_products_are_warned_with_the_sunset():
    of = mesh(
        product(
            "leasing/leases",
            [contract_document("leases", table("leases"))],
            status="deprecated",
            customProperties=ours(sunset="2027-06-30"),
        ),
        reader("finance/rents", {"name": "leases", "contractId": "leases"}),
    )
    problem = only(of, "MW305")
    assert problem.severity == "warning"
    assert "deprecated and serves until 2027-06-30" in problem.message
    assert [p.code for p in validate(of)] == ["MW305"]


def test_secrets_for_a_server_that_no_contract_names_are_a_warning_with_the_name_that_was_meant():
    secrets = {"cmr": "env:A", "registry": "env:B", "crm": "env:C"}
    environment = replace(GOOD.environments["dev"], secrets=secrets)
    problem = only(replace(GOOD, environments={"dev": environment}), "MW130")
    assert problem.severity == "warning" and "secrets for `cmr`" in problem.message
    assert problem.hint == "did you mean `crm`?"
    assert (problem.file, problem.path) == ("mesh.yaml", "environments.dev.secrets.cmr")
