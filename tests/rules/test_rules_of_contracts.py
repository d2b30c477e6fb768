"""Rules about what contracts say: columns, relationships, how objects are built and read."""

from __future__ import annotations

import pytest
from mesh_builder import column, contract_document, mesh, ours, product, source_document, table

from meshwright.errors import Problem
from meshwright.experience.rules import validate


def problems(*documents: dict, code: str, **keys) -> list[Problem]:
    of = mesh(product(contracts=list(documents), **keys))
    return [problem for problem in validate(of) if problem.code == code]


CUSTOMERS = table("customers", column("id"), column("city", "string"))


def orders(to, **keys) -> dict:
    return table(
        "orders", column("customer_id", relationships=[{"to": to}]), column("city", "string"), **keys
    )


def test_a_relationship_to_a_column_of_the_same_contract_is_sound():
    assert problems(contract_document("sales", orders("customers.id"), CUSTOMERS), code="MW105") == []


@pytest.mark.parametrize(
    ("to", "words", "hint"),
    [
        ("customer.id", "this contract has no object `customer`", "did you mean `customers`?"),
        ("customers.idd", "object `customers` has no column `idd`", "did you mean `id`?"),
        ("other.yaml#/schema/customers/properties/id", "no contract is in `other.yaml`", None),
        ("brokerage.deals.nothing.id", "brokerage/deals serves no object `nothing`", None),
    ],
)
def test_a_relationship_into_nothing_says_what_is_missing(to, words, hint):
    [problem] = problems(contract_document("sales", orders(to), CUSTOMERS), code="MW105")
    assert words in problem.message
    assert problem.path == "schema[0].properties[0].relationships[0].to"
    if hint:
        assert problem.hint == hint


def test_relationships_reach_other_contracts_by_file_and_by_address():
    customers = contract_document("customers", CUSTOMERS)
    for to in (
        "customers-1.0.0.yaml#/schema/customers/properties/id",
        "domains/brokerage/deals/contracts/customers-1.0.0.yaml#/schema/customers/properties/id",
        "brokerage.deals.customers.id",
        "https://example.org/contract.yaml#/schema/x/properties/y",
    ):
        assert problems(contract_document("sales", orders(to)), customers, code="MW105") == []


def test_relationships_may_name_stable_ids():
    customers = table("customers", column("id", id="customers_id_prop"), id="customers_obj")
    customers["id"] = "customers_obj"
    document = contract_document("sales", orders("customers_obj.customers_id_prop"), customers)
    assert problems(document, code="MW105") == []


def test_a_relationship_starts_from_columns_that_exist():
    relationship = {"from": ["orders.customer", "orders.city"], "to": ["customers.id", "customers.city"]}
    document = contract_document("sales", orders("customers.id", relationships=[relationship]), CUSTOMERS)
    [problem] = problems(document, code="MW105")
    assert "has no column `customer` for a relationship to start from" in problem.message
    assert problem.hint == "did you mean `customer_id`?"


def test_both_ends_of_a_relationship_have_as_many_columns():
    relationship = {"from": ["orders.customer_id", "orders.city"], "to": ["customers.id"]}
    document = contract_document("sales", orders("customers.id", relationships=[relationship]), CUSTOMERS)
    [problem] = problems(document, code="MW106")
    assert "from 2 columns (customer_id, city) to 1 column (id)" in problem.message


def test_a_column_is_declared_once_whatever_its_capitals():
    document = contract_document("deals", table("deals", column("price"), column("Price")))
    [problem] = problems(document, code="MW117")
    assert "declared twice, first at schema[0].properties[0]" in problem.message
    good = contract_document("deals", table("deals", column("price"), column("prices")))
    assert problems(good, code="MW117") == []


def test_a_bound_contract_describes_data():
    empty = {**contract_document("deals"), "schema": []}
    [problem] = problems(empty, code="MW118")
    assert "contract `deals` has no object" in problem.message
    [problem] = problems(contract_document("deals", {"name": "deals"}), code="MW118")
    assert "object `deals` of contract `deals` has no columns" in problem.message


def test_materializations_are_full_append_or_merge():
    bad = table("deals", customProperties=ours(materialization="fulll"))
    [problem] = problems(contract_document("deals", bad), code="MW119")
    assert problem.hint == "did you mean `full`?"
    assert problem.path == "schema[0].customProperties[0].value"
    port = {"name": "deals", "version": "1.0.0", "contractId": "deals"}
    port["customProperties"] = ours(materialization="incremental")
    [problem] = problems(contract_document("deals"), code="MW119", outputs=[port])
    assert problem.path == "outputPorts[0].customProperties[0].value"
    for value in ("full", "append", "merge"):
        good = table("deals", column("id", primaryKey=True), customProperties=ours(materialization=value))
        assert problems(contract_document("deals", good), code="MW119") == []


def test_merging_needs_a_primary_key():
    custom = ours(materialization="merge")
    [problem] = problems(contract_document("deals", table("deals", customProperties=custom)), code="MW120")
    assert "is merged but has no primary key" in problem.message
    good = table("deals", column("id", primaryKey=True), customProperties=custom)
    assert problems(contract_document("deals", good), code="MW120") == []


def incremental(*columns, **custom) -> dict:
    return source_document("crm", table("crm_deals", *columns, customProperties=ours(**custom)))


KEY = column("id", primaryKey=True)
STAMP = column("updated_at", "timestamp")


def test_a_cursor_is_a_column_with_an_order():
    [problem] = problems(incremental(KEY, STAMP, cursor="updated"), code="MW121")
    assert "the cursor `updated` is no column of `crm_deals`" in problem.message
    assert problem.hint == "did you mean `updated_at`?"
    [problem] = problems(incremental(KEY, column("done", "boolean"), cursor="done"), code="MW121")
    assert "is a boolean, which has no order" in problem.message
    assert problems(incremental(KEY, STAMP, cursor="updated_at"), code="MW121") == []


def test_an_incremental_source_without_a_key_is_warned_of():
    [problem] = problems(incremental(STAMP, cursor="updated_at"), code="MW122")
    assert problem.severity == "warning"
    assert problems(incremental(KEY, STAMP, cursor="updated_at"), code="MW122") == []


@pytest.mark.parametrize(
    ("cursor", "lookback", "words"),
    [
        ("updated_at", "2 fortnights", "`2 fortnights` is no lookback"),
        ("updated_at", "soon", "`soon` is no lookback"),
        ("updated_at", -1, "`-1` is no lookback"),
        ("updated_at", 5, "has no unit"),
        ("id", "2 hours", "its cursor is a number (int64)"),
        ("name", "2 hours", "its cursor is text"),
    ],
)
def test_a_lookback_that_means_nothing_is_refused(cursor, lookback, words):
    document = incremental(KEY, STAMP, column("name", "string"), cursor=cursor, lookback=lookback)
    [problem] = problems(document, code="MW123")
    assert words in problem.message


@pytest.mark.parametrize(
    ("cursor", "lookback"), [("updated_at", "2 hours"), ("updated_at", "1 day"), ("id", 100)]
)
def test_a_lookback_fits_its_cursor(cursor, lookback):
    assert problems(incremental(KEY, STAMP, cursor=cursor, lookback=lookback), code="MW123") == []


def test_a_lookback_needs_a_cursor():
    [problem] = problems(incremental(KEY, lookback="2 hours"), code="MW123")
    assert "has a lookback but no cursor" in problem.message


def partitioned(logical: str | None, transform: str | None = None, **keys) -> dict:
    custom = {"customProperties": ours(partitionTransform=transform)} if transform else {}
    return contract_document(
        "deals", table("deals", column("x", logical, partitioned=True, **custom, **keys))
    )


@pytest.mark.parametrize(
    ("logical", "transform", "words"),
    [
        ("string", "month", "is a string and cannot be partitioned by `month`"),
        ("date", "hour", "is a date and cannot be partitioned by `hour`"),
        ("number", "truncate[4]", "is a double and cannot be partitioned"),
        ("integer", "truncate", "has the partition transform `truncate`"),
        ("integer", "truncate[0]", "has the partition transform `truncate[0]`"),
        ("integer", "bucket", "has the partition transform `bucket`"),
        ("integer", "bucket[0]", "has the partition transform `bucket[0]`"),
        ("integer", "bucket[2147483648]", "has the partition transform `bucket[2147483648]`"),
        ("number", "bucket[4]", "is a double and cannot be partitioned by `bucket[4]`"),
        ("boolean", "bucket[4]", "is a boolean and cannot be partitioned by `bucket[4]`"),
        ("date", "month[2]", "has the partition transform `month[2]`"),
        ("date", "weekly", "unknown partition transform `weekly`"),
        ("object", None, "cannot be a partition column"),
    ],
)
def test_a_partition_transform_that_does_not_suit_its_column_is_refused(logical, transform, words):
    [problem] = problems(partitioned(logical, transform), code="MW124")
    assert words in problem.message


@pytest.mark.parametrize(
    ("logical", "transform"),
    [
        ("date", None),
        ("string", None),
        ("date", "month"),
        ("timestamp", "hour"),
        ("string", "truncate[2]"),
        ("integer", "truncate[100]"),
        ("integer", "bucket[16]"),
        ("time", "bucket[1]"),
        ("number", "identity"),
        (None, "month"),
    ],
)
def test_a_partition_transform_suits_its_column(logical, transform):
    assert problems(partitioned(logical, transform), code="MW124") == []


def test_bytes_are_partitioned_in_buckets_only():
    [problem] = problems(partitioned("string", physicalType="bytea"), code="MW124")
    assert "is a binary and cannot be partitioned by `identity`" in problem.message
    assert problem.hint == "for a binary use bucket"
    assert problems(partitioned("string", "bucket[16]", physicalType="bytea"), code="MW124") == []


def test_a_transform_alone_does_not_partition():
    document = contract_document(
        "deals", table("deals", column("x", "date", customProperties=ours(partitionTransform="month")))
    )
    [problem] = problems(document, code="MW124")
    assert problem.hint == "add `partitioned: true`"


def test_nested_columns_cannot_partition():
    inner = column("x", "date", partitioned=True)
    document = contract_document("deals", table("deals", column("outer", "object", properties=[inner])))
    [problem] = problems(document, code="MW124")
    assert "is nested" in problem.message


def test_unknown_custom_properties_of_ours_are_refused_and_those_of_others_left_alone():
    bad = table("deals", customProperties=ours(materialisation="append"))
    [problem] = problems(contract_document("deals", bad), code="MW127")
    assert problem.hint == "did you mean `materialization`?"
    assert problem.path == "schema[0].customProperties[0].property"
    theirs = [{"vendor": "atlan", "property": "x", "value": 1}, {"property": "y", "value": 1}]
    good = table("deals", customProperties=theirs)
    assert problems(contract_document("deals", good), code="MW127", customProperties=theirs) == []


def test_a_custom_property_in_the_wrong_place_is_told_where_it_belongs():
    inner = column("x", "object", properties=[column("y", customProperties=ours(cursor="y"))])
    [problem] = problems(contract_document("deals", table("deals", inner)), code="MW127")
    assert problem.path == "schema[0].properties[0].properties[0].customProperties[0].property"
    assert problem.hint == "it belongs on: object"


def test_custom_properties_are_looked_at_on_ports_servers_and_rules():
    document = source_document("crm", table("crm_deals"))
    document["servers"][0].update(type="api", location="http://x", customProperties=ours(pagin="x"))
    document["schema"][0]["quality"] = [{"metric": "rowCount", "mustBe": 1, "customProperties": ours(a=1)}]
    document["slaProperties"] = [{"property": "latency", "value": 1, "customProperties": ours(b=1)}]
    inputs = [{"name": "crm", "contractId": "crm", "customProperties": ours(c=1)}]
    found = problems(contract_document(), document, code="MW127", inputs=inputs, customProperties=ours(d=1))
    assert [p.path for p in found] == [
        "schema[0].quality[0].customProperties[0].property",
        "servers[0].customProperties[0].property",
        "slaProperties[0].customProperties[0].property",
        "customProperties[0].property",
        "inputPorts[0].customProperties[0].property",
    ]
    assert found[1].hint == "did you mean `paging`?"


def test_the_custom_properties_of_servers_are_those_that_the_readers_know():
    from meshwright.adapters.api import settings
    from meshwright.adapters.postgres import connection
    from meshwright.experience.rules.mw127_unknown_custom_property import KNOWN

    assert KNOWN["server of type api"] == settings._OWN
    assert KNOWN["server of type postgres"] == set(connection._OPTIONAL)


# --- MW128: what a run will skip


def test_a_relationship_into_what_is_not_read_is_told_before_the_run():
    customers = product("crm/customers", [contract_document("customers", CUSTOMERS)])
    document = contract_document("sales", orders("crm.customers.customers.id"))

    def found(**keys) -> list[Problem]:
        of = mesh(customers, product("shop/orders", contracts=[document], **keys))
        return [problem for problem in validate(of) if problem.code == "MW128"]

    [problem] = found()
    assert problem.severity == "warning"
    assert "`orders.customer_id` will not be verified" in problem.message
    assert "`crm.customers.customers` is not read by this product" in problem.message
    assert problem.path == "schema[0].properties[0].relationships[0]"
    assert found(inputs=[{"name": "customers", "version": "1.0.0", "contractId": "customers"}]) == []


def test_a_relationship_into_another_file_or_a_web_address_is_told_unless_it_is_the_products_own():
    customers = contract_document("customers", CUSTOMERS)
    own = "customers-1.0.0.yaml#/schema/customers/properties/id"
    web = "https://example.org/contract.yaml#/schema/x/properties/y"
    assert problems(contract_document("sales", orders(own)), customers, code="MW128") == []
    [problem] = problems(contract_document("sales", orders(web)), customers, code="MW128")
    assert "not available here" in problem.message


@pytest.mark.parametrize(
    ("logical", "name", "hint"),
    [
        ("string", "e-mail", "did you mean `email`?"),
        ("string", "postcode", "write a `pattern`, or a format that is known"),
        ("integer", "i23", "did you mean `i32`?"),
        ("date", "yyyy-QQ", "write a `pattern`, or a format that is known"),
    ],
)
def test_a_format_that_is_not_known_is_told(logical, name, hint):
    made = table("deals", column("mail", logical, logicalTypeOptions={"format": name}))
    [problem] = problems(contract_document("deals", made), code="MW128")
    assert f"`{name}`" in problem.message and problem.hint == hint
    assert problem.path == "schema[0].properties[0].logicalTypeOptions"


def test_formats_that_bind_nothing_or_are_known_are_not_told():
    columns = [
        column(f"c{number}", logical, logicalTypeOptions={"format": name})
        for number, (logical, name) in enumerate(
            [("string", "password"), ("string", "email"), ("integer", "u8"), ("date", "yyyy-MM-dd")]
        )
    ]
    assert problems(contract_document("deals", table("deals", *columns)), code="MW128") == []


def test_custom_rules_are_told_once_a_contract_and_text_is_not():
    rules = [
        {"type": "custom", "engine": "soda", "implementation": "x"},
        {"type": "custom", "engine": "monteCarlo", "implementation": "y"},
        {"type": "text", "description": "every deal is signed"},
    ]
    [problem] = problems(contract_document("deals", table("deals", column(), quality=rules)), code="MW128")
    assert problem.message.startswith("2 custom rules for monteCarlo, soda will not be verified")
    assert problem.path == "schema[0].quality[0]"


def test_only_contracts_of_output_ports_promise_anything():
    made = table("deals", column("mail", "string", logicalTypeOptions={"format": "e-mail"}))
    of = mesh(product(contracts=[source_document("crm", made), contract_document("out")], outputs=[]))
    assert [problem for problem in validate(of) if problem.code == "MW128"] == []
