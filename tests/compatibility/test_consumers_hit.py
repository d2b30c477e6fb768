"""A change hits the consumers that use the columns involved, and those of which that is not known."""

from __future__ import annotations

from contract_builder import contract, prop

from meshwright.experience.compatibility import compare_contracts, consumers_hit
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import Bundle, InputPort, OutputPort, Product

RENTS = ProductKey("finance", "rents")
CRM = ProductKey("brokerage", "crm_view")


def a_product(key: ProductKey, **keys) -> Product:
    bundle = Bundle(key.domain, key.product, "", "", {}, {})
    return Product(key, str(key), bundle, {}, f"{key}/product.yaml", **keys)


def the_mesh(old):
    deals = a_product(
        ProductKey("brokerage", "deals"),
        outputs=(
            OutputPort("deals", "1.0.0", "deals", "outputPorts[0]", old),
            OutputPort("deals", "2.0.0", "deals_v2", "outputPorts[1]"),
        ),
    )
    readers = [
        a_product(key, inputs=(InputPort("d", "deals", "1.0.0", "inputPorts[0]"),)) for key in (RENTS, CRM)
    ]
    newer = a_product(
        ProductKey("finance", "newer"), inputs=(InputPort("d", "deals_v2", None, "inputPorts[0]"),)
    )
    products = {p.key: p for p in (deals, *readers, newer)}
    mesh = Mesh("m", "/", {}, "dev", frozenset(), {}, products)
    return mesh, PortRef(deals, deals.outputs[0])


OLD = contract(prop("id", primary_key_position=1), prop("amount"), prop("city", "string"))
USED = {RENTS: {("d", "deals"): frozenset({"id", "AMOUNT"})}, CRM: {("d", "deals"): frozenset({"city"})}}


def hit(new, used, old=OLD):
    mesh, port = the_mesh(old)
    [change] = compare_contracts(old, new)
    return [str(each) for each in consumers_hit(change, mesh, port, used.get)]


def test_only_consumers_that_use_the_column_are_hit():
    new = contract(prop("id", primary_key_position=1), prop("city", "string"))
    assert hit(new, USED) == ["finance/rents through d (uses AMOUNT)"]


def test_a_change_of_the_key_hits_those_who_use_its_columns():
    new = contract(prop("id"), prop("amount"), prop("city", "string"))
    assert hit(new, USED) == ["finance/rents through d (uses id)"]


def test_what_is_not_known_counts_as_hit():
    new = contract(prop("id", primary_key_position=1), prop("city", "string"))
    unknown = {**USED, CRM: {("d", "deals"): None}}
    assert hit(new, unknown) == [
        "brokerage/crm_view through d (columns used are not known)",
        "finance/rents through d (uses AMOUNT)",
    ]
    assert hit(new, {}) == [
        "brokerage/crm_view through d (columns used are not known)",
        "finance/rents through d (columns used are not known)",
    ]


def test_a_consumer_known_to_use_other_objects_is_not_hit():
    old = contract(others=["extra"])
    used = {RENTS: {("d", "deals"): frozenset({"id"})}, CRM: {("d", "extra"): frozenset()}}
    assert hit(contract(), used, old) == ["brokerage/crm_view through d"]


def test_a_consumer_whose_models_read_nothing_of_the_port_is_not_hit():
    new = contract(prop("id", primary_key_position=1), prop("city", "string"))
    assert hit(new, {RENTS: {}, CRM: {}}) == []


def test_nested_columns_are_used_by_their_outermost_name():
    def address(*inner):
        return contract(prop("Address", "object", properties=[prop(name, "string") for name in inner]))

    used = {RENTS: {("d", "deals"): {"address"}}, CRM: {("d", "deals"): {"id"}}}
    assert hit(address("city"), used, address("city", "zip")) == ["finance/rents through d (uses address)"]
