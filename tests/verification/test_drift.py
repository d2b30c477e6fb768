"""A source against its contract."""

from __future__ import annotations

from tests.verification.contracts import deals

from meshwright.experience.contracts.drift import compare_source
from meshwright.model.types import ANY, ColumnType

CONTRACT = deals(
    {"name": "id", "logicalType": "integer", "physicalType": "integer"},
    {"name": "amount", "physicalName": "amount_eur", "logicalType": "number"},
).objects[0]


def kinds(**columns: str) -> dict[str, ColumnType]:
    return {name: ColumnType(kind) for name, kind in columns.items()}


def test_a_source_that_keeps_its_contract_has_no_difference() -> None:
    assert compare_source(CONTRACT, kinds(id="int32", amount_eur="double")) == ()
    decimal = {"id": ColumnType("int16"), "amount_eur": ColumnType("decimal", 12, 2)}
    assert compare_source(CONTRACT, decimal) == ()


def test_a_source_that_knows_no_types_fits() -> None:
    assert compare_source(CONTRACT, {"id": ANY, "amount_eur": ANY}) == ()


def test_differences_are_in_words() -> None:
    found = compare_source(CONTRACT, kinds(id="int64", amountEur="double", note="string"))
    assert [(each.kind, each.breaking) for each in found] == [
        ("type", True),
        ("missing", True),
        ("new", False),
        ("new", False),
    ]
    assert found[0].message == "column `id` is int64 at the source, and the contract says int32"
    assert "was it renamed to `amountEur` (double)?" in found[1].message
    assert "`note` (string) is new" in found[3].message


def test_a_nested_column_must_have_its_parts() -> None:
    declared = deals(
        {"name": "a", "logicalType": "object", "properties": [{"name": "b", "logicalType": "integer"}]}
    ).objects[0]
    assert compare_source(declared, {"a": ColumnType("struct", fields=(("b", ANY),))}) == ()
    other = ColumnType("struct", fields=(("c", ColumnType("int64")),))
    assert [each.kind for each in compare_source(declared, {"a": other})] == ["type"]
