"""ODCS documents become contracts, and are written back equal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from meshwright.errors import MissingPart
from meshwright.model.contract import Contract, Property, Relationship, Threshold
from meshwright.provisioning.variables import resolve_variables
from meshwright.standards.odcs import read_contract, write_contract
from meshwright.standards.schema import check_document
from meshwright.standards.yaml import read_document

EXAMPLES = sorted((Path(__file__).parent / "data" / "odcs").iterdir())


def example(name: str) -> Contract:
    path = Path(__file__).parent / "data" / "odcs" / f"{name}.odcs.yaml"
    return read_contract(read_document(path.read_bytes(), path.name), path.name)


def contract(**keys: Any) -> Contract:
    document = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": "c", "version": "2.1.0", **keys}
    assert check_document("contract", document, "c.yaml") == ()
    return read_contract(document, "c.yaml")


def columns(*properties: dict[str, Any]) -> tuple[Property, ...]:
    return contract(schema=[{"name": "t", "properties": list(properties)}]).objects[0].properties


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_official_examples_are_written_back_equal(path: Path) -> None:
    document = read_document(path.read_bytes(), path.name)
    before = json.dumps(document)
    written = write_contract(read_contract(document, path.name))
    assert json.dumps(written) == before  # data, key order, explicit nulls
    assert written is not document


def test_a_contract_knows_what_it_is() -> None:
    found = contract(name="Deals", status="active", team={"name": "a", "members": [{"username": "b"}]})
    assert (found.id, found.version, found.major, found.api_version) == ("c", "2.1.0", 2, "v3.2.0")
    assert (found.name, found.status, found.file) == ("Deals", "active", "c.yaml")


def test_properties_nest_to_any_depth() -> None:
    user_preferences, _, details, scores = example("map").objects[0].properties[1:]
    assert user_preferences.map_key and user_preferences.map_key.logical_type == "string"
    assert details.map_value and [p.name for p in details.map_value.properties] == [
        "name",
        "price",
        "currency",
    ]
    assert details.map_value.properties[0].path == "schema[0].properties[3].map.value.properties[0]"
    assert details.map_value.properties[0].required
    assert scores.map_value and scores.map_value.items
    assert scores.map_value.items.logical_type == "number"
    addresses = example("all-schema-types").objects[2].properties[0]
    assert addresses.items and [p.name for p in addresses.items.properties] == ["id", "zip"]
    assert addresses.items.properties[1].path == "schema[2].properties[0].items.properties[1]"


def test_key_positions_default_to_the_order_of_declaration() -> None:
    found = columns(
        {"name": "a", "primaryKey": True, "primaryKeyPosition": -1},
        {"name": "b"},
        {"name": "c", "primaryKey": True},
        {"name": "d", "primaryKey": False, "primaryKeyPosition": 1},
    )
    assert [prop.primary_key_position for prop in found] == [1, None, 2, None]
    found = columns(
        {"name": "a", "primaryKey": True, "primaryKeyPosition": 2},
        {"name": "b", "primaryKey": True, "primaryKeyPosition": 1},
    )
    assert [prop.primary_key_position for prop in found] == [2, 1]


def test_dates_and_timestamps_partition_by_month_and_the_rest_as_they_are() -> None:
    ours = [{"property": "partitionTransform", "value": "bucket[8]", "vendor": "meshwright"}]
    theirs = [{"property": "partitionTransform", "value": "day", "vendor": "other"}]
    found = columns(
        {"name": "a", "partitioned": True, "logicalType": "date", "partitionKeyPosition": 2},
        {"name": "b", "partitioned": True, "logicalType": "timestamp", "customProperties": theirs},
        {"name": "c", "partitioned": True, "logicalType": "string"},
        {"name": "d", "partitioned": True, "logicalType": "string", "customProperties": ours},
        {"name": "e", "partitioned": True, "physicalType": "TIMESTAMPTZ"},
        {"name": "f", "logicalType": "date"},
    )
    assert [prop.partition_transform for prop in found] == [
        *("month", "month", "identity", "bucket[8]", "month", None)
    ]
    assert [prop.partition_position for prop in found] == [2, 2, 3, 4, 5, None]


def test_a_column_knows_everything_that_is_declared_of_it() -> None:
    (found,) = columns(
        {
            "name": "status",
            "physicalName": "st",
            "logicalType": "string",
            "physicalType": "varchar(3)",
            "logicalTypeOptions": {"maxLength": 3},
            "required": True,
            "unique": True,
            "classification": "restricted",
            "criticalDataElement": True,
            "enum": [{"value": "a"}, {"value": 1}, {"value": None}],
        }
    )
    assert (found.column, found.physical_type, found.options) == ("st", "varchar(3)", {"maxLength": 3})
    assert (found.required, found.unique, found.critical) == (True, True, True)
    assert (found.classification, found.enum) == ("restricted", ("a", 1, None))


def test_quality_rules_take_their_defaults() -> None:
    rules = [
        {"metric": "rowCount", "mustBeBetween": [1, 5], "severity": "WARNING"},
        {"metric": "nullValues", "rule": "nullCheck", "mustBeLessThan": 3, "unit": "percent"},
        {"type": "sql", "query": "SELECT 1", "mustBe": "a", "severity": "fatal", "dimension": "accuracy"},
        {"type": "custom", "engine": "soda", "implementation": {"a": 1}},
        {"description": "Looks right."},
    ]
    found = contract(schema=[{"name": "t", "quality": rules}]).objects[0].quality
    assert [rule.type for rule in found] == ["library", "library", "sql", "custom", "text"]
    assert [rule.severity for rule in found] == ["warning", "error", "error", "error", "error"]
    assert [rule.threshold for rule in found] == [
        Threshold("mustBeBetween", (1, 5), "rows"),
        Threshold("mustBeLessThan", 3, "percent"),
        Threshold("mustBe", "a", "rows"),
        None,
        None,
    ]
    assert [rule.path for rule in found] == [f"schema[0].quality[{i}]" for i in range(5)]
    assert found[1].metric == "nullValues"
    assert found[3].implementation == {"a": 1}


def test_service_levels_are_called_by_small_letters() -> None:
    found = contract(slaProperties=[{"property": "errorRate", "value": 1, "unit": "percent"}])
    assert (found.service_levels[0].property, found.service_levels[0].path) == (
        "errorrate",
        "slaProperties[0]",
    )


def test_a_server_keeps_its_own_settings_unresolved() -> None:
    server = {
        "server": "crm",
        "type": "postgres",
        "environment": "dev",
        "host": "${CRM_HOST:-localhost}",
        "port": "${CRM_PORT}",
        "database": "crm",
        "schema": "public",
        "customProperties": [{"property": "paging", "value": "page", "vendor": "meshwright"}],
    }
    (found,) = contract(servers=[server]).servers
    assert (found.name, found.type, found.environment) == ("crm", "postgres", "dev")
    assert found.settings == {
        **{"host": "${CRM_HOST:-localhost}", "port": "${CRM_PORT}"},
        **{"database": "crm", "schema": "public"},
    }
    assert found.custom == {"paging": "page"}


# --- relationships

OBJECTS = [
    {
        "id": "customers_obj",
        "name": "customers",
        "properties": [
            {"id": "id_prop", "name": "id"},
            {"name": "address", "logicalType": "object", "properties": [{"id": "zip_id", "name": "zip"}]},
            {
                "id": "tags_id",
                "name": "tags",
                "logicalType": "array",
                "items": {"logicalType": "object", "properties": [{"id": "tag_id", "name": "tag"}]},
            },
        ],
    }
]


def related(to: Any, **more: Any) -> Relationship:
    orders = {"name": "orders", "properties": [{"name": "customer", "relationships": [{"to": to, **more}]}]}
    return contract(schema=[*OBJECTS, orders]).objects[1].properties[0].relationships[0]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("customers.id", ("customers", ("id",), None)),
        ("customers_obj.id_prop", ("customers", ("id",), None)),
        ("customers.address.zip", ("customers", ("address.zip",), None)),
        ("schema/customers_obj/properties/id_prop", ("customers", ("id",), None)),
        ("/schema/customers/properties/id", ("customers", ("id",), None)),
        ("schema/customers_obj/properties/address/properties/zip_id", ("customers", ("address.zip",), None)),
        ("schema/customers_obj/properties/tags_id/properties/tag_id", ("customers", ("tags.tag",), None)),
        ("customers.nothing", ("customers", ("nothing",), None)),
        ("elsewhere.id", ("elsewhere", ("id",), None)),
        ("other.yaml#schema/customers/properties/id", ("customers", ("id",), "other.yaml")),
        (
            "https://example.com/other.yaml#/schema/c/properties/a/properties/b",
            ("c", ("a.b",), "https://example.com/other.yaml"),
        ),
    ],
)
def test_a_reference_is_resolved_to_names(text: str, target: tuple[str, tuple[str, ...], str | None]) -> None:
    found = related(text)
    assert (found.to_object, found.to, found.to_contract) == target
    assert found.from_ == ("customer",)
    assert found.path == "schema[1].properties[0].relationships[0]"


def test_a_relationship_of_an_object_may_have_several_columns() -> None:
    found = example("relationships").objects[2].relationships
    assert found == (
        Relationship(
            ("customer_id", "shipping_address_street"),
            "addresses",
            ("customer_id", "address_street"),
            "schema[2].relationships[0]",
        ),
    )


def test_a_source_column_of_another_object_is_not_taken_for_an_own_one() -> None:
    objects = [*OBJECTS, {"name": "o", "relationships": [{"from": "customers.id", "to": "customers.id"}]}]
    assert contract(schema=objects).objects[1].relationships[0].from_ == ("customers.id",)


def test_a_relationship_of_a_nested_column_starts_from_its_dotted_path() -> None:
    nested = {"name": "b", "relationships": [{"to": "customers.id"}]}
    objects = [*OBJECTS, {"name": "o", "properties": [{"name": "a", "properties": [nested]}]}]
    found = contract(schema=objects).objects[1].properties[0].properties[0].relationships[0]
    assert found.from_ == ("a.b",)


# --- variables


def test_variables_are_resolved_at_any_depth_when_a_value_is_used() -> None:
    value = {"a": ["${HOST}:${PORT:-5432}", 3], "b": {"c": "${EMPTY:-x}${EMPTY}"}, "${HOST}": None}
    assert resolve_variables(value, {"HOST": "db", "EMPTY": ""}) == {
        **{"a": ["db:5432", 3], "b": {"c": "x"}, "${HOST}": None}
    }


@pytest.mark.parametrize("text", ["$HOST", "${}", "${1}", "${table:}", "100 %", "{HOST}"])
def test_what_is_no_variable_stays_as_it_is(text: str) -> None:
    assert resolve_variables(text, {"HOST": "db"}) == text


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(MissingPart, match="CRM_HOST"):
        resolve_variables("${CRM_HOST}", {})
