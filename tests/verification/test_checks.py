"""Every kind of check on small tables, by what a person expects of it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.verification.contracts import deals, failed, verify

from meshwright.experience.contracts.judge import summary


def values(kind: str, *texts: str) -> str:
    """A SELECT of one column `v` with these SQL values."""
    return " UNION ALL ".join(f"SELECT CAST({text} AS {kind}) AS v" for text in texts)


def one(logical: str | None, options: dict[str, Any] | None = None, **more: Any) -> Any:
    """A contract of one column `v`."""
    prop = {"name": "v", **({"logicalType": logical} if logical else {}), **more}
    return deals({**prop, **({"logicalTypeOptions": options} if options else {})})


def test_a_missing_column_fails_once_and_names_its_likely_new_name() -> None:
    results = verify(
        deals({"name": "amount", "logicalType": "number", "required": True, "unique": True}),
        deals="SELECT 1.5::DOUBLE AS amounts",
    )
    assert results["deals.amount.present"].status == "fail"
    assert "`amounts`" in results["deals.amount.present"].observed
    assert [results[f"deals.amount.{kind}"].status for kind in ("type", "required", "unique")] == ["skip"] * 3


def test_the_physical_name_is_the_name_in_data() -> None:
    declared = deals(
        {"name": "amount", "physicalName": "amt eur", "logicalType": "integer", "required": True}
    )
    assert failed(verify(declared, deals='SELECT NULL::BIGINT AS "amt eur"')) == {"deals.amount.required": 1}


@pytest.mark.parametrize(
    ("prop", "found", "status"),
    [
        ({"logicalType": "integer"}, "1::INTEGER", "pass"),
        ({"logicalType": "integer"}, "sum(1)", "pass"),
        ({"logicalType": "integer"}, "1.5::DECIMAL(3,1)", "fail"),
        ({"logicalType": "integer"}, "1::DOUBLE", "fail"),
        ({"logicalType": "number"}, "1.5::DECIMAL(3,1)", "pass"),
        ({"logicalType": "number"}, "'1'", "fail"),
        ({"logicalType": "number", "physicalType": "decimal(10,2)"}, "1::DECIMAL(12,2)", "fail"),
        ({"logicalType": "number", "physicalType": "decimal(10,2)"}, "1::DECIMAL(8,2)", "pass"),
        ({"logicalType": "integer", "logicalTypeOptions": {"format": "i16"}}, "1::INTEGER", "fail"),
        ({"logicalType": "string"}, "uuid()", "pass"),
        ({"logicalType": "date"}, "TIMESTAMP '2020-01-01'", "fail"),
        ({"logicalType": "timestamp"}, "TIMESTAMPTZ '2020-01-01 00:00:00+00'", "pass"),
        ({"logicalType": "array", "items": {"logicalType": "integer"}}, "[1]", "pass"),
        ({"logicalType": "object"}, "'{}'", "pass"),
        ({"logicalType": "object"}, "[1]", "fail"),
        ({}, "1", None),
    ],
)
def test_the_type_in_data_must_be_assignable_to_the_declared_one(
    prop: dict[str, Any], found: str, status: str | None
) -> None:
    results = verify(deals({"name": "v", **prop}), deals=f"SELECT {found} AS v")
    assert getattr(results.get("deals.v.type"), "status", None) == status


def test_a_nested_type_fails_where_it_is_wrong() -> None:
    prop = {
        "name": "lines",
        "logicalType": "array",
        "items": {"logicalType": "object", "properties": [{"name": "price", "logicalType": "number"}]},
    }
    assert failed(verify(deals(prop), deals="SELECT [{'price': 'dear'}] AS lines")) == {
        "deals.lines[].price.type": 1
    }
    assert set(failed(verify(deals(prop), deals="SELECT [{'cost': 1}] AS lines"))) == {
        "deals.lines[].price.present",
        "deals.lines[].price.type",
    }


def test_null_violates_nothing_but_required_and_key() -> None:
    prop = {
        "name": "v",
        "logicalType": "string",
        "unique": True,
        "enum": [{"value": "a"}],
        "logicalTypeOptions": {"minLength": 1, "pattern": "a", "format": "email"},
        "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["a"]}, "mustBe": 0}],
    }
    assert failed(verify(deals(prop), deals=values("VARCHAR", "NULL", "NULL"))) == {}


def test_an_empty_table_breaks_nothing_but_a_row_count() -> None:
    declared = deals(
        {"name": "v", "logicalType": "integer", "required": True, "primaryKey": True},
        quality=[
            {"metric": "rowCount", "mustBeGreaterThan": 0},
            {
                "metric": "duplicateValues",
                "arguments": {"properties": ["v"]},
                "mustBeLessThan": 1,
                "unit": "percent",
            },
        ],
    )
    assert failed(verify(declared, deals="SELECT 1::BIGINT AS v WHERE false")) == {"deals.quality[0]": 0}


@pytest.mark.parametrize(
    ("kind", "data", "options", "broken"),
    [
        ("VARCHAR", ["'👍🏽'", "'é'", "''"], {"minLength": 1, "maxLength": 1}, {"length": 2}),
        ("VARCHAR", ["'xay'", "'b'"], {"pattern": "a"}, {"pattern": 1}),
        ("VARCHAR", ["'O''Hara'", "'x'"], {"pattern": "'"}, {"pattern": 1}),
        ("VARCHAR", ["'a@b.example'", "'a@b'", "'@'"], {"format": "email"}, {"format": 2}),
        ("VARCHAR", ["'0b8d5a10-5f1c-4f6c-9d3c-111111111111'", "'0b8d'"], {"format": "uuid"}, {"format": 1}),
        ("UUID", ["'0b8d5a10-5f1c-4f6c-9d3c-111111111111'"], {"format": "uuid"}, {}),
        ("VARCHAR", ["'https://x.example/a?b'", "'no scheme'"], {"format": "uri"}, {"format": 1}),
        ("VARCHAR", ["'a-b.example'", "'-a'", "'a..b'"], {"format": "hostname"}, {"format": 2}),
        ("VARCHAR", ["'10.0.0.255'", "'10.0.0.256'", "'1.2.3'"], {"format": "ipv4"}, {"format": 2}),
        ("VARCHAR", ["'aGk='", "'aGk'"], {"format": "byte"}, {"format": 1}),
    ],
)
def test_options_of_strings(
    kind: str, data: list[str], options: dict[str, Any], broken: dict[str, int]
) -> None:
    found = failed(verify(one("string", options), deals=values(kind, *data)))
    assert found == {f"deals.v.{name}": count for name, count in broken.items()}


@pytest.mark.parametrize(
    ("address", "valid"),
    [
        *((text, True) for text in ("::", "::1", "1::", "2001:db8::8:800:200c:417a", "1:2:3:4:5:6:7:8")),
        *((text, True) for text in ("::ffff:192.0.2.1", "1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:7::")),
        *(
            (text, False)
            for text in (":", "1:2:3:4:5:6:7", "1::2::3", "12345::", "1:2:3:4:5:6:7:8:9", "::1.2.3")
        ),
    ],
)
def test_the_format_ipv6(address: str, valid: bool) -> None:
    found = verify(one("string", {"format": "ipv6"}), deals=values("VARCHAR", f"'{address}'"))
    assert (found["deals.v.format"].status == "pass") == valid


@pytest.mark.parametrize(
    ("kind", "data", "options", "count"),
    [
        ("BIGINT", ["9007199254740993", "9007199254740992"], {"minimum": 9007199254740993}, 1),
        ("BIGINT", ["1", "2"], {"minimum": 1.5}, 1),
        ("BIGINT", ["1", "2"], {"exclusiveMaximum": 10**40}, 0),
        ("DOUBLE", ["'nan'", "0", "-0.0", "'inf'", "NULL"], {"minimum": 0}, 1),
        ("DOUBLE", ["'nan'", "0", "'inf'"], {"maximum": 1}, 2),
        ("DOUBLE", ["9007199254740992"], {"exclusiveMaximum": 9007199254740993}, 0),
        ("DOUBLE", ["9007199254740992"], {"minimum": 9007199254740993}, 1),
        ("FLOAT", ["0.1"], {"maximum": 0.1}, 0),
        ("DECIMAL(38,10)", ["0.1", "0.2"], {"maximum": 0.1000000000001}, 1),
        ("DECIMAL(4,2)", ["99.99"], {"exclusiveMaximum": 100}, 0),
    ],
)
def test_bounds_of_numbers_are_exact(kind: str, data: list[str], options: dict[str, Any], count: int) -> None:
    results = verify(one("number", options, physicalType=None), deals=values(kind, *data))
    assert results["deals.v.bounds"].measure.value == count


@pytest.mark.parametrize(
    ("logical", "kind", "data", "options", "count"),
    [
        ("date", "DATE", ["'2020-01-01'", "'2020-12-31'"], {"exclusiveMaximum": "2020-12-31"}, 1),
        ("date", "DATE", ["'2020-01-01'", "'infinity'"], {"maximum": "9999-12-31"}, 1),
        (
            "timestamp",
            "TIMESTAMP",
            ["'2020-12-31 00:00'", "'2020-12-31 00:01'"],
            {"maximum": "2020-12-31"},
            1,
        ),
        ("timestamp", "TIMESTAMPTZ", ["'2020-01-01 00:30:00+01'"], {"minimum": "2020-01-01"}, 1),
        (
            "timestamp",
            "TIMESTAMPTZ",
            ["'2020-01-01 00:30:00+01'"],
            {"minimum": "2020-01-01", "defaultTimezone": "Europe/Paris"},
            0,
        ),
        ("timestamp", "TIMESTAMP", ["'2020-01-01 00:00'"], {"minimum": "2020-01-01T01:00:00+01:00"}, 0),
        ("time", "TIME", ["'08:00'", "'18:00'"], {"minimum": "09:00", "maximum": "17:00:00"}, 2),
    ],
)
def test_bounds_of_moments(
    logical: str, kind: str, data: list[str], options: dict[str, Any], count: int
) -> None:
    results = verify(one(logical, options), deals=values(kind, *data))
    assert results["deals.v.bounds"].measure.value == count


def test_a_time_zone_is_a_matter_of_type() -> None:
    naive = values("TIMESTAMP", "'2020-01-01'")
    assert verify(one("timestamp", {"timezone": True}), deals=naive)["deals.v.format"].status == "fail"
    assert verify(one("timestamp", {"timezone": False}), deals=naive)["deals.v.format"].status == "pass"


@pytest.mark.parametrize(
    ("kind", "data", "step", "count"),
    [
        ("BIGINT", ["-10", "0", "5", "7"], 5, 1),
        ("BIGINT", ["1", "3"], 1.5, 1),
        ("DECIMAL(10,2)", ["0.07", "0.075", "1"], 0.01, 0),
        ("DECIMAL(10,2)", ["0.05", "0.07"], 0.05, 1),
        ("DOUBLE", ["0.07", "0.3", "1.1", "0.075", "'inf'", "'nan'"], 0.01, 3),
        ("DOUBLE", ["9007199254740994"], 4, 1),
        ("FLOAT", ["0.3", "0.35"], 0.1, 1),
    ],
)
def test_multiples(kind: str, data: list[str], step: float, count: int) -> None:
    results = verify(one("number", {"multipleOf": step}), deals=values(kind, *data))
    assert results["deals.v.multiple_of"].measure.value == count


def test_integer_formats_bound_the_value() -> None:
    results = verify(one("integer", {"format": "u8"}), deals=values("SMALLINT", "-1", "255", "256"))
    assert results["deals.v.format"].measure.value == 2


def test_an_enum_compares_as_the_columns_type_does() -> None:
    def count(kind: str, listed: list[Any], *data: str) -> Any:
        declared = one(None, enum=[{"value": value} for value in listed])
        return verify(declared, deals=values(kind, *data))["deals.v.enum"].measure.value

    assert count("VARCHAR", ["1", 2], "'1'", "'2'", "'3'", "NULL") == 1
    assert count("BIGINT", ["1", 2.0, 2.5], "1", "2", "3") == 1
    assert count("DOUBLE", [0], "-0.0", "'nan'") == 1
    assert count("BOOLEAN", [True], "true", "false") == 1
    assert count("DATE", ["2020-01-01"], "'2020-01-01'", "'2020-01-02'") == 1
    assert (
        count("UUID", ["0B8D5A10-5F1C-4F6C-9D3C-111111111111"], "'0b8d5a10-5f1c-4f6c-9d3c-111111111111'") == 0
    )
    assert count("DECIMAL(4,1)", [0.15], "0.1") == 1


def test_nested_values_are_checked_at_any_depth() -> None:
    line = {
        "logicalType": "object",
        "properties": [
            {
                "name": "sku",
                "logicalType": "string",
                "required": True,
                "logicalTypeOptions": {"pattern": "^[A-Z]+$"},
            },
            {
                "name": "prices",
                "logicalType": "map",
                "map": {
                    "key": {"logicalType": "string", "logicalTypeOptions": {"maxLength": 3}},
                    "value": {"logicalType": "number", "logicalTypeOptions": {"minimum": 0}},
                },
            },
        ],
    }
    options = {"minItems": 1, "maxItems": 2, "uniqueItems": True}
    declared = deals({"name": "lines", "logicalType": "array", "items": line, "logicalTypeOptions": options})
    rows = """
        SELECT [{'sku': 'A', 'prices': MAP {'EUR': 1.0::DOUBLE}}] AS lines
        UNION ALL SELECT [
            {'sku': NULL, 'prices': MAP {'EUR': -1.0, 'EURO': -2.0}}, {'sku': 'b', 'prices': NULL}]
        UNION ALL SELECT [{'sku': 'A', 'prices': NULL}, {'sku': 'A', 'prices': NULL}, NULL]
        UNION ALL SELECT []
        UNION ALL SELECT NULL
    """
    results = verify(declared, deals=rows)
    assert failed(results) == {
        "deals.lines.size": 2,
        "deals.lines.unique_items": 1,
        "deals.lines[].sku.required": 1,
        "deals.lines[].sku.pattern": 1,
        "deals.lines[].prices{key}.length": 1,
        "deals.lines[].prices{}.bounds": 1,
    }
    assert results["deals.lines[].sku.pattern"].measure.samples == ({"lines[].sku": "b"},)


def test_objects_have_properties() -> None:
    options = {"minProperties": 1, "required": ["city"]}
    parts = [{"name": "street", "logicalType": "string"}, {"name": "city", "physicalName": "town"}]
    declared = deals(
        {"name": "a", "logicalType": "object", "properties": parts, "logicalTypeOptions": options}
    )
    rows = "SELECT unnest([{'street': 'x', 'town': NULL}, {'street': NULL, 'town': NULL}, NULL]) AS a"
    assert failed(verify(declared, deals=rows)) == {"deals.a.size": 1, "deals.a.required_keys": 2}


def test_a_vector_has_its_dimensions_and_length() -> None:
    declared = one("vector", {"dimensions": 2, "normalized": True})
    rows = "SELECT unnest([[1.0::FLOAT, 0], [0.6, 0.8], [3, 4], [1]]) AS v"
    assert failed(verify(declared, deals=rows)) == {"deals.v.size": 1, "deals.v.format": 1}


def test_unique_counts_the_rows_that_repeat_a_value() -> None:
    rows = values("DOUBLE", "1", "1", "1", "'nan'", "'nan'", "0.0", "-0.0", "NULL", "NULL")
    assert failed(verify(one("number", unique=True), deals=rows)) == {"deals.v.unique": 4}


def test_a_composite_key_counts_repeated_and_incomplete_rows_and_shows_them() -> None:
    declared = deals(
        {"name": "b", "logicalType": "integer", "primaryKey": True, "primaryKeyPosition": 2},
        {"name": "a", "logicalType": "integer", "primaryKey": True, "primaryKeyPosition": 1},
    )
    rows = "SELECT * FROM (VALUES (1, 1), (1, 1), (1, 2), (NULL, 1)) t(a, b)"
    result = verify(declared, deals=rows)["deals.primary_key"]
    assert result.measure.value == 2
    assert sorted(map(str, result.measure.samples)) == ["{'a': 1, 'b': 1}", "{'a': None, 'b': 1}"]


@pytest.mark.parametrize(
    ("operator", "passes"),
    [
        ({"mustBe": 2}, True),
        ({"mustNotBe": 2}, False),
        ({"mustBeGreaterThan": 2}, False),
        ({"mustBeGreaterOrEqualTo": 2}, True),
        ({"mustBeLessThan": 2}, False),
        ({"mustBeLessOrEqualTo": 2}, True),
        ({"mustBeBetween": [2, 3]}, True),
        ({"mustNotBeBetween": [1, 2]}, False),
        ({"mustBe": 50, "unit": "percent"}, True),
        ({"mustBeLessThan": 50.1, "unit": "percent"}, True),
        ({"mustBeBetween": [49, 50], "unit": "percent"}, True),
    ],
)
def test_every_operator_and_unit(operator: dict[str, Any], passes: bool) -> None:
    rule = {"metric": "nullValues", **operator}
    results = verify(one("integer", quality=[rule]), deals=values("BIGINT", "1", "2", "NULL", "NULL"))
    assert (results["deals.v.quality[0]"].status == "pass") == passes


def test_the_metrics_of_the_library() -> None:
    rules = [
        {"metric": "missingValues", "arguments": {"missingValues": ["", "N/A"]}, "mustBe": 0},
        {"metric": "invalidValues", "arguments": {"pattern": "^[a-z]*$", "maxLength": 2}, "mustBe": 0},
        {"metric": "invalidValues", "arguments": {"validValues": ["ab", ""]}, "mustBe": 0},
        {"metric": "duplicateValues", "mustBe": 0},
        {"metric": "rowCount", "mustBeBetween": [1, 5]},
    ]
    data = values("VARCHAR", "'ab'", "'ab'", "''", "'N/A'", "NULL", "'abc'")
    found = failed(verify(one("string", quality=rules), deals=data))
    assert found == {f"deals.v.quality[{index}]": count for index, count in enumerate([3, 2, 2, 1, 6])}


def test_invalid_values_without_arguments_are_those_that_the_property_rules_out() -> None:
    rule = {"metric": "invalidValues", "mustBe": 0}
    declared = one("string", {"maxLength": 1}, enum=[{"value": "a"}, {"value": "bb"}], quality=[rule])
    data = values("VARCHAR", "'a'", "'bb'", "'c'")
    assert failed(verify(declared, deals=data))["deals.v.quality[0]"] == 2


def test_severity_decides_whether_a_failure_stops() -> None:
    rules = [
        {"metric": "nullValues", "mustBe": 0, **more}
        for more in ({}, {"severity": "warning"}, {"severity": "info"})
    ]
    results = verify(one("integer", quality=rules), deals=values("BIGINT", "NULL"))
    quality = [results[f"deals.v.quality[{index}]"] for index in range(3)]
    assert [result.status for result in quality] == ["fail", "warn", "warn"]
    assert [result.stops for result in quality] == [True, False, False]


def test_text_and_custom_rules_are_listed_as_skipped() -> None:
    rules = [
        {"type": "text", "description": "looks right"},
        {"type": "custom", "engine": "soda", "implementation": "checks: []"},
    ]
    results = verify(one("integer", quality=rules), deals=values("BIGINT", "1"))
    assert results["deals.v.quality[0]"].status == "skip"
    assert "soda" in results["deals.v.quality[1]"].observed


def test_a_failure_says_rule_observed_expected_and_failing_keys() -> None:
    declared = deals(
        {"name": "id", "logicalType": "integer", "primaryKey": True},
        {"name": "amount", "logicalType": "number", "logicalTypeOptions": {"minimum": 0}},
    )
    rows = "SELECT i AS id, CASE WHEN i > 3 THEN -i ELSE i END::DOUBLE AS amount FROM range(1, 11) t(i)"
    text = summary(verify(declared, deals=rows)["deals.amount.bounds"])
    assert text.splitlines()[0] == "deals.amount.bounds: expected at least 0; observed 7 of 10 rows"
    assert text.splitlines()[1:] == [f"    id={i}, amount=-{i}.0" for i in range(4, 9)]


def test_samples_hold_no_classified_column() -> None:
    ssn = {"name": "ssn", "logicalType": "string", "classification": "restricted", "unique": True}
    office = {"name": "office", "logicalType": "string", "classification": "public"}
    declared = deals(
        {"name": "id", "logicalType": "integer", "primaryKey": True},
        {**ssn, "logicalTypeOptions": {"pattern": "^[0-9]+$"}},
        {**office, "logicalTypeOptions": {"maxLength": 1}},
    )
    rows = "SELECT i AS id, 'secret' AS ssn, 'HQ' AS office FROM range(2) t(i)"
    results = verify(declared, deals=rows)
    assert results["deals.ssn.pattern"].measure.samples == ({"id": 0}, {"id": 1})
    assert results["deals.ssn.unique"].measure.samples == ({"id": 0}, {"id": 1})
    assert results["deals.office.length"].measure.samples[0] == {"id": 0, "office": "HQ"}
    everything = "".join(map(summary, results.values())) + str(
        [result.as_json() for result in results.values()]
    )
    assert "secret" not in everything
    assert "values of ssn are withheld" in summary(results["deals.ssn.pattern"])


def test_a_check_is_measured_beside_hundreds_of_others() -> None:
    properties = [
        {"name": f"c{i}", "logicalType": "integer", "required": True, "logicalTypeOptions": {"minimum": i}}
        for i in range(250)
    ]
    rows = "SELECT " + ", ".join(f"{i if i != 77 else 0}::BIGINT AS c{i}" for i in range(250))
    assert failed(verify(deals(*properties), deals=rows)) == {"deals.c77.bounds": 1}
