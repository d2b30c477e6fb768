"""Foreign keys of contracts."""

from __future__ import annotations

from typing import Any

from tests.verification.contracts import contract, failed, verify

CUSTOMERS = "SELECT * FROM (VALUES (1, 'x'), (2, 'y')) t(customer_no, city)"


def orders(*properties: dict[str, Any], **more: Any) -> Any:
    customers = {
        "name": "customers",
        "properties": [
            {"name": "id", "physicalName": "customer_no", "logicalType": "integer"},
            {"name": "city", "logicalType": "string"},
        ],
    }
    return contract({"name": "orders", "properties": list(properties), **more}, customers)


def test_a_reference_to_nothing_is_found_and_shown_and_null_refers_to_nothing() -> None:
    declared = orders(
        {"name": "id", "logicalType": "integer", "primaryKey": True},
        {"name": "customer", "logicalType": "integer", "relationships": [{"to": "customers.id"}]},
    )
    rows = "SELECT * FROM (VALUES (1, 1), (2, 3), (3, NULL)) t(id, customer)"
    result = verify(declared, orders=rows, customers=CUSTOMERS)["orders.customer.relationships[0]"]
    assert (result.status, result.measure.value) == ("fail", 1)
    assert result.measure.samples == ({"id": 2, "customer": 3},)
    assert result.expected == "every value to be in customers.id"


def test_a_composite_reference_of_the_schema() -> None:
    declared = orders(
        {"name": "customer", "logicalType": "integer"},
        {"name": "town", "logicalType": "string"},
        relationships=[
            {"from": ["orders.customer", "orders.town"], "to": ["customers.id", "customers.city"]}
        ],
    )
    rows = "SELECT * FROM (VALUES (1, 'x'), (1, 'y'), (1, NULL)) t(customer, town)"
    assert failed(verify(declared, orders=rows, customers=CUSTOMERS)) == {"orders.relationships[0]": 1}


def test_a_reference_from_a_nested_value() -> None:
    declared = orders(
        {
            "name": "party",
            "logicalType": "object",
            "properties": [
                {"name": "customer", "logicalType": "integer", "relationships": [{"to": "customers.id"}]}
            ],
        }
    )
    rows = "SELECT unnest([{'customer': 1}, {'customer': 9}, NULL]) AS party"
    results = verify(declared, orders=rows, customers=CUSTOMERS)
    assert list(failed(results).values()) == [1]


def test_a_reference_to_another_contract_is_skipped_with_the_reason() -> None:
    reference = "crm.odcs.yaml#/schema/customers/properties/id"
    declared = orders({"name": "customer", "logicalType": "integer", "relationships": [{"to": reference}]})
    result = verify(declared, orders="SELECT 9 AS customer")["orders.customer.relationships[0]"]
    assert result.status == "skip"
    assert "not available" in result.observed


def test_a_reference_to_what_is_not_there_is_an_error() -> None:
    wrong = orders(
        {"name": "customer", "logicalType": "integer", "relationships": [{"to": "customers.nope"}]}
    )
    result = verify(wrong, orders="SELECT 1 AS customer", customers=CUSTOMERS)
    assert "no property `nope`" in result["orders.customer.relationships[0]"].observed
