"""Every kind of change of a contract is found, judged and explained."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract_builder import contract, level, prop, rule, threshold

from meshwright.experience.compatibility import (
    KINDS,
    compare_contracts,
    judge_type,
    judge_version,
    type_evolution,
)
from meshwright.experience.compatibility.kinds import ContractChange
from meshwright.experience.compatibility.page import rendered
from meshwright.model.contract import Property, Relationship
from meshwright.model.types import ColumnType, physical_type


def one(old, new) -> ContractChange:
    changes = compare_contracts(old, new)
    assert len(changes) == 1, list(map(str, changes))
    return changes[0]


def with_x(**keys):
    return contract(prop("id"), prop("x", **keys))


CASES = [
    ("column_added", True, contract(prop("id")), with_x()),
    ("column_removed", False, with_x(), contract(prop("id"))),
    ("column_renamed", False, contract(prop("a", id="p1")), contract(prop("b", id="p1"))),
    ("column_moved", True, contract(prop("a"), prop("b")), contract(prop("b"), prop("a"))),
    ("object_added", True, contract(), contract(others=["extra"])),
    ("object_removed", False, contract(others=["extra"]), contract()),
    ("type_widened", True, with_x(physical_type="integer"), with_x(physical_type="bigint")),
    ("type_narrowed", False, with_x(physical_type="bigint"), with_x(physical_type="integer")),
    ("type_changed", False, with_x(logical="integer"), with_x(logical="string")),
    ("type_changed", False, with_x(physical_type="integer"), with_x(logical="number")),
    ("type_changed", False, with_x(), with_x(logical=None)),
    ("type_narrowed", True, with_x(logical=None), with_x()),
    ("nullable_to_required", False, with_x(), with_x(required=True)),
    ("required_to_nullable", False, with_x(required=True), with_x()),
    ("unique_added", True, with_x(), with_x(unique=True)),
    ("unique_dropped", False, with_x(unique=True), with_x()),
    ("enum_shrunk", False, with_x(enum=("a", "b")), with_x(enum=("a",))),
    ("enum_shrunk", False, with_x(), with_x(enum=("a",))),
    ("enum_grown", False, with_x(enum=("a",)), with_x(enum=("a", "b"))),
    ("enum_grown", False, with_x(enum=("a",)), with_x()),
    ("key_added", True, with_x(), with_x(primary_key_position=1)),
    ("key_changed", False, with_x(primary_key_position=1), with_x()),
    ("bound_tightened", True, with_x(options={"maximum": 9}), with_x(options={"maximum": 5})),
    ("bound_tightened", True, with_x(), with_x(options={"minimum": 0})),
    ("bound_loosened", False, with_x(options={"maximum": 5}), with_x(options={"maximum": 9})),
    ("bound_loosened", False, with_x(options={"minimum": 5}), with_x()),
    ("bound_loosened", False, with_x(options={"pattern": "^a"}), with_x(options={"pattern": "^b"})),
    ("bound_tightened", True, with_x(options={"multipleOf": 5}), with_x(options={"multipleOf": 10})),
    ("bound_loosened", False, with_x(options={"multipleOf": 10}), with_x(options={"multipleOf": 5})),
    ("classification_changed", True, with_x(), with_x(classification="restricted")),
    ("description_changed", True, with_x(), with_x(description="new words")),
    ("partition_changed", True, with_x(), with_x(partition_position=1)),
    ("terms_changed", True, contract(price={"priceAmount": 1}), contract(price={"priceAmount": 2})),
]


@pytest.mark.parametrize(("kind", "compatible", "old", "new"), CASES)
def test_a_change_is_found_and_judged(kind, compatible, old, new):
    change = one(old, new)
    assert (change.kind, change.breaking) == (kind, not compatible)
    assert change.reason and change.kind in KINDS


def test_every_kind_of_change_is_covered_by_a_test():
    text = Path(__file__).read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f'"{kind}"' not in text] == []


def test_a_renamed_column_names_both_and_is_possible_in_place():
    change = one(contract(prop("a", id="p1")), contract(prop("b", id="p1")))
    assert (change.column, change.old, change.new) == ("a", "a", "b")
    assert change.evolution == "in place"


def test_nested_columns_are_compared_by_their_paths():
    old = contract(prop("address", "object", properties=[prop("city", "string"), prop("zip", "string")]))
    new = contract(prop("address", "object", properties=[prop("city", "string")]))
    change = one(old, new)
    assert (change.kind, change.place) == ("column_removed", "deals.address.zip")


def test_items_of_arrays_are_compared():
    def tags(kind: str):
        return contract(prop("tags", "array", items=Property("item", "schema[0].properties[0].items",
                                                             logical_type=kind)))  # fmt: skip

    change = one(tags("string"), tags("integer"))
    assert (change.kind, change.column) == ("type_changed", "tags[]")


RULE = rule(name="nulls", threshold=threshold("mustBeLessThan", 5))

QUALITY = [
    ("quality_tightened", False, None, RULE),
    ("quality_loosened", True, RULE, None),
    ("quality_loosened", False, rule(name="n", severity="warning"), None),
    ("quality_tightened", False, RULE, rule(name="nulls", threshold=threshold("mustBe", 0))),
    ("quality_loosened", True, RULE, rule(name="nulls", threshold=threshold("mustBeLessThan", 6))),
    ("quality_loosened", True, RULE, rule(name="nulls", threshold=threshold("mustBeLessThan", 5, "percent"))),
    ("quality_loosened", True, RULE, rule(name="nulls", threshold=RULE.threshold, severity="warning")),
    ("quality_changed", True, RULE, rule("missingValues", name="nulls", threshold=RULE.threshold)),
]


@pytest.mark.parametrize(("kind", "breaking", "old", "new"), QUALITY)
def test_quality_rules_are_compared_by_what_they_allow(kind, breaking, old, new):
    change = one(contract(quality=[old] if old else []), contract(quality=[new] if new else []))
    assert (change.kind, change.breaking) == (kind, breaking)


def test_foreign_keys_that_come_and_go():
    key = Relationship(("customer",), "customers", ("id",), "schema[0].relationships[0]")
    added = one(contract(), contract(relationships=[key]))
    removed = one(contract(relationships=[key]), contract())
    assert (added.kind, added.breaking) == ("relationship_added", False)
    assert (removed.kind, removed.breaking) == ("relationship_removed", True)
    assert removed.columns == ("customer",)


LEVELS = [
    ("service_level_loosened", level("latency", 4, "h"), level("latency", 1, "d")),
    ("service_level_tightened", level("latency", 1, "d"), level("latency", 23, "hours")),
    ("service_level_loosened", level("availability", "99.9%"), level("availability", 99.5, "percent")),
    ("service_level_tightened", level("retention", 1, "y"), level("retention", 10, "years")),
    ("service_level_loosened", level("endOfLife", "2032-01-01"), level("endOfLife", "2030-01-01")),
    ("service_level_loosened", level("frequency", 1, "d"), None),
    ("service_level_tightened", None, level("frequency", 1, "d")),
    ("service_level_loosened", level("frequency", 1, "d"), level("frequency", "often")),
    ("service_level_changed", level("timeOfAvailability", "09:00"), level("timeOfAvailability", "08:00")),
]


@pytest.mark.parametrize(("kind", "old", "new"), LEVELS)
def test_service_levels_are_compared_by_what_they_promise(kind, old, new):
    change = one(contract(levels=[old] if old else []), contract(levels=[new] if new else []))
    assert (change.kind, change.breaking) == (kind, KINDS[kind].breaking)


def test_breaking_changes_come_first():
    changes = compare_contracts(contract(prop("id"), prop("a")), contract(prop("id"), prop("b")))
    assert [c.kind for c in changes] == ["column_removed", "column_added"]


def test_a_breaking_change_needs_a_new_major_version():
    old = with_x(required=True)
    for version, refused in (("1.1.0", True), ("1.0.0", True), ("2.0.0", False)):
        new = contract(prop("id"), prop("x"), version=version)
        problem = judge_version(old, new, compare_contracts(old, new))
        assert (problem is not None) == refused
    problem = judge_version(old, contract(prop("id"), prop("x")), compare_contracts(old, contract()))
    assert problem.code == "MW501"
    assert "deals.x: the column is gone" in problem.message
    assert "serve it as version 2.0.0 next to 1.0.0" in problem.hint


def test_a_compatible_change_may_keep_its_version_but_not_go_back():
    old = contract(version="1.2.0")
    new = contract(prop("id"), prop("x"), version="1.2.0")
    assert judge_version(old, new, compare_contracts(old, new)) is None
    back = contract(version="1.1.0")
    assert judge_version(old, back, compare_contracts(old, back)).code == "MW505"


@pytest.mark.parametrize(
    ("old", "new", "evolution"),
    [
        ("integer", "bigint", "in place"),
        ("smallint", "integer", "none"),
        ("bigint", "integer", "rebuild"),
        ("real", "double", "in place"),
        ("decimal(10,2)", "decimal(12,2)", "in place"),
        ("decimal(10,2)", "decimal(12,3)", "rebuild"),
        ("date", "timestamp", "rebuild"),
        ("varchar(10)", "text", "none"),
    ],
)
def test_iceberg_changes_some_types_in_place(old, new, evolution):
    assert type_evolution(physical_type(old), physical_type(new)) == evolution


def test_a_type_of_another_sort_is_no_widening():
    assert judge_type(ColumnType("date"), ColumnType("timestamp"))[0] == "type_changed"
    assert judge_type(ColumnType("float"), ColumnType("double"))[0] == "type_widened"


def test_the_page_of_kinds_is_current():
    page = Path(__file__).parents[2] / "docs" / "compatibility.md"
    assert page.read_text(encoding="utf-8") == rendered(), (
        "run: python -m meshwright.experience.compatibility.page"
    )
