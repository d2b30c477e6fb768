"""Generated tables and contracts: every count and verdict must be that of a naive judge."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.verification.contracts import contract, verify_in
from tests.verification.oracle import count_violations, meets, single

from meshwright.model.check import CheckResult

TEXTS = ["", "a", "b", "ab", "aab", "é", "e\u0301", "👍🏽", "a b", "O'Hara", "x\x00y", "N/A", "null", "-"]
PATTERNS = ["a", "^a", "b$", "^[ab]*$", "^(?:a|é)", "'", "[^a-z]"]
FLOATS = [
    0.0,
    -0.0,
    0.1,
    0.3,
    0.30000000000000004,
    1.0,
    -2.5,
    7.5,
    100.0,
    1e300,
    math.nan,
    math.inf,
    -math.inf,
]
SINGLES = [0.0, -0.0, *map(single, (0.1, 0.3, 1.5, 16777216.0, -2.5)), math.nan, math.inf]
WHOLE = [-129, -1, 0, 1, 2, 3, 10, 128, 255, 256, 2**53 + 1, 2**63 - 1, -(2**63)]
DECIMALS = [Decimal(text) for text in ("0.00", "0.10", "0.11", "-1.50", "99999999.99", "2.00")]
DATES = [date(2020, 2, 29), date(2020, 3, 1), date(1969, 12, 31), date(1, 1, 1), date(9999, 12, 31)]
STAMPS = [datetime(2020, 2, 29), datetime(2020, 2, 29, 12, 30, 0, 1), datetime(1969, 12, 31, 23, 59)]
TIMES = [time(0), time(12, 30), time(23, 59, 59, 999999)]
BOUNDED = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def _some(options: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=options)


def _bounds(values: list[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {name: st.sampled_from(values) for name in BOUNDED}


NUMBERS = [-1, 0, 0.1, 0.3, 1.5, 2, 100, 2**53 + 1, 10**30, -(10**30)]
STEPS = st.sampled_from([1, 2, 3, 0.1, 0.25, 0.01, 1.5])
SCALARS: dict[str, tuple[dict[str, Any], Any, list[Any], st.SearchStrategy[dict[str, Any]], list[Any]]] = {
    "string": (
        {"logicalType": "string"},
        pa.string(),
        TEXTS,
        _some(
            {
                "minLength": st.integers(0, 4),
                "maxLength": st.integers(0, 4),
                "pattern": st.sampled_from(PATTERNS),
            }
        ),
        TEXTS,
    ),
    "integer": (
        {"logicalType": "integer"},
        pa.int64(),
        WHOLE,
        _some({**_bounds(NUMBERS), "multipleOf": STEPS, "format": st.sampled_from(["i64"])}),
        [0, 1, 2, 2.0, 10, 10**30],
    ),
    "double": (
        {"logicalType": "number"},
        pa.float64(),
        FLOATS,
        _some({**_bounds(NUMBERS), "multipleOf": STEPS}),
        [0, 0.1, 1, -2.5, 0.30000000000000004, math.nan],
    ),
    "real": (
        {"logicalType": "number", "physicalType": "real"},
        pa.float32(),
        SINGLES,
        _some({**_bounds([-1, 0, 0.1, 0.3, 2, 16777217]), "multipleOf": STEPS}),
        [0, 1.5, -2.5],
    ),
    "decimal": (
        {"logicalType": "number", "physicalType": "decimal(10,2)"},
        pa.decimal128(10, 2),
        DECIMALS,
        _some({**_bounds([*NUMBERS, 0.105, 99999999.99, 0.11]), "multipleOf": STEPS}),
        [0, 0.1, 0.11, 2, 0.105],
    ),
    "boolean": ({"logicalType": "boolean"}, pa.bool_(), [True, False], st.just({}), [True]),
    "date": (
        {"logicalType": "date"},
        pa.date32(),
        DATES,
        _some(_bounds([d.isoformat() for d in DATES])),
        ["2020-03-01"],
    ),
    "time": ({"logicalType": "time"}, pa.time64("us"), TIMES, _some(_bounds(["12:30:00", "00:00:00"])), []),
    "timestamp": (
        {"logicalType": "timestamp"},
        pa.timestamp("us"),
        STAMPS,
        _some(_bounds(["2020-02-29", "2020-02-29T12:30:00.000001"])),
        ["2020-02-29T00:00:00"],
    ),
    "timestamptz": (
        {"logicalType": "timestamp"},
        pa.timestamp("us", "UTC"),
        [stamp.replace(tzinfo=UTC) for stamp in STAMPS],
        _some(_bounds(["2020-02-29T01:00:00+01:00", "2020-02-29T12:30:00.000001"])),
        ["2020-02-29T00:00:00"],
    ),
}

UNITS = {"unit": st.just("percent")}
OPERATORS = st.one_of(
    *(
        st.fixed_dictionaries(
            {name: st.sampled_from([0, 1, 2, 50, 100, 33.3])}, optional={"unit": st.just("percent")}
        )
        for name in (
            "mustBe",
            "mustNotBe",
            "mustBeGreaterThan",
            "mustBeGreaterOrEqualTo",
            "mustBeLessThan",
            "mustBeLessOrEqualTo",
        )
    ),
    *(
        st.fixed_dictionaries(
            {name: st.sampled_from([[0, 1], [1, 50], [2, 3]])}, optional={"unit": st.just("percent")}
        )
        for name in ("mustBeBetween", "mustNotBeBetween")
    ),
)


@st.composite
def scalar(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(SCALARS)) -> tuple[dict[str, Any], Any, Any]:
    """A property, its Arrow type, and its values."""
    name = draw(st.sampled_from(kinds))
    head, kind, values, options, listed = SCALARS[name]
    prop: dict[str, Any] = {**head}
    prop["required"], prop["unique"] = draw(st.booleans()), draw(st.booleans())
    chosen = draw(options)
    if chosen:
        prop["logicalTypeOptions"] = chosen
    if listed and draw(st.integers(0, 3)) == 0:
        values_listed = draw(st.lists(st.sampled_from(listed), min_size=1, max_size=4))
        prop["enum"] = [{"value": value} for value in values_listed]
    prop["quality"] = [draw(rule(name, listed)) for _ in range(draw(st.integers(0, 2)))]
    return prop, kind, st.one_of(st.none(), st.sampled_from(values))


@st.composite
def rule(draw: st.DrawFn, name: str, listed: list[Any]) -> dict[str, Any]:
    """A library rule of a property."""
    metrics = ["nullValues", "duplicateValues", "rowCount"]
    if listed:
        metrics += ["missingValues", "invalidValues"]
    metric = draw(st.sampled_from(metrics))
    made: dict[str, Any] = {"metric": metric, **draw(OPERATORS)}
    made["severity"] = draw(st.sampled_from(["error", "warning", "info"]))
    if metric == "missingValues":
        made["arguments"] = {"missingValues": draw(st.lists(st.sampled_from([None, *listed]), max_size=3))}
    if metric == "invalidValues":
        made["arguments"] = {"validValues": draw(st.lists(st.sampled_from(listed), min_size=1, max_size=3))}
        if name == "string" and draw(st.booleans()):
            made["arguments"]["pattern"] = draw(st.sampled_from(PATTERNS))
    return made


@st.composite
def column(draw: st.DrawFn, depth: int = 2) -> tuple[dict[str, Any], Any, Any]:
    """A property of any type, nested ones included."""
    shape = draw(st.sampled_from(["scalar", "scalar", "array", "object", "map"] if depth else ["scalar"]))
    if shape == "scalar":
        return draw(scalar())
    required = draw(st.booleans())
    if shape == "array":
        prop, kind, values = draw(column(depth - 1))
        options = draw(
            _some(
                {"minItems": st.integers(0, 2), "maxItems": st.integers(0, 3), "uniqueItems": st.booleans()}
            )
        )
        made = {"logicalType": "array", "items": prop, "required": required, "logicalTypeOptions": options}
        return made, pa.list_(kind), st.one_of(st.none(), st.lists(values, max_size=3))
    if shape == "map":
        key, _, _ = draw(scalar(("string",)))
        prop, kind, values = draw(column(depth - 1))
        made = {"logicalType": "map", "map": {"key": key, "value": prop}, "required": required}
        pairs = st.lists(
            st.tuples(st.sampled_from(TEXTS), values), max_size=3, unique_by=lambda pair: pair[0]
        )
        return made, pa.map_(pa.string(), kind), st.one_of(st.none(), pairs)
    parts = [draw(column(depth - 1)) for _ in range(draw(st.integers(1, 2)))]
    names = ["first", "Second part"][: len(parts)]
    options = draw(
        _some(
            {
                "minProperties": st.integers(0, 2),
                "maxProperties": st.integers(0, 2),
                "required": st.just(names[-1:]),
            }
        )
    )
    made = {
        "logicalType": "object",
        "properties": [{"name": name, **part[0]} for name, part in zip(names, parts, strict=True)],
        "required": required,
        "logicalTypeOptions": options,
    }
    kind = pa.struct([(name, part[1]) for name, part in zip(names, parts, strict=True)])
    values = st.fixed_dictionaries({name: part[2] for name, part in zip(names, parts, strict=True)})
    return made, kind, st.one_of(st.none(), values)


@st.composite
def case(
    draw: st.DrawFn,
) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]], dict[str, pa.Table]]:
    """Two objects with their rows."""
    parts = [draw(column()) for _ in range(draw(st.integers(1, 3)))]
    names = ["a", 'B "quoted"', "c.d"][: len(parts)]
    key, key_kind, key_values = draw(scalar(("integer", "string", "double", "timestamptz")))
    key["primaryKey"] = draw(st.booleans())
    reference = {**SCALARS["integer"][0], "name": "ref", "primaryKey": draw(st.booleans())}
    reference["relationships"] = [{"to": "other.id"}]
    properties = [
        {"name": "key", **key},
        reference,
        *({"name": name, **part[0]} for name, part in zip(names, parts, strict=True)),
    ]
    quality = [{"metric": "rowCount", **draw(OPERATORS)}]
    quality[0].pop("unit", None)
    quality.append(
        {"metric": "duplicateValues", "arguments": {"properties": ["key", "ref"]}, **draw(OPERATORS)}
    )
    schema = pa.schema(
        [
            ("key", key_kind),
            ("ref", pa.int64()),
            *((name, part[1]) for name, part in zip(names, parts, strict=True)),
        ]
    )
    row = st.fixed_dictionaries(
        {
            "key": key_values,
            "ref": st.one_of(st.none(), st.integers(0, 4)),
            **{name: part[2] for name, part in zip(names, parts, strict=True)},
        }
    )
    rows = draw(st.lists(row, max_size=8))
    other_rows = [
        {"id": value} for value in draw(st.lists(st.one_of(st.none(), st.integers(0, 4)), max_size=4))
    ]
    objects = [
        {"name": "main", "properties": properties, "quality": quality},
        {"name": "other", "properties": [{"name": "id", "logicalType": "integer"}]},
    ]
    tables = {
        "main": pa.Table.from_pylist(rows, schema),
        "other": pa.Table.from_pylist(other_rows, pa.schema([("id", pa.int64())])),
    }
    return objects, {"main": rows, "other": other_rows}, tables


Case = tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]], dict[str, pa.Table]]
"""The objects of a contract, and their rows as plain data and as Arrow tables."""

CASES = int(os.environ.get("ORACLE_CASES", "200"))
"""How many tables are generated; ten thousand take a quarter of an hour."""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as opened:
        yield opened


@given(made=case())
@settings(
    max_examples=CASES,
    deadline=None,
    derandomize=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
def test_counts_and_verdicts_are_those_of_a_naive_judge(
    connection: duckdb.DuckDBPyConnection,
    made: Case,
) -> None:
    objects, rows, tables = made
    compare(objects, rows, verify_in(connection, contract(*objects), **tables))


def compare(
    objects: list[dict[str, Any]], rows: dict[str, list[dict[str, Any]]], results: Mapping[str, CheckResult]
) -> None:
    """Every count and verdict must be the oracle's."""
    expected = count_violations(objects[0], rows["main"], rows)
    rules = _rules(objects[0])
    for name, result in results.items():
        if not name.startswith("main."):
            continue
        assert result.status not in ("error", "skip"), (name, result.observed)
        value = expected.pop(name, 0)
        assert result.measure.value == value, (name, result.spec)
        if name in rules:
            passed = meets(rules[name], value, len(rows["main"]))
            bad = "fail" if rules[name].get("severity", "error") == "error" else "warn"
        else:
            passed, bad = value == 0, "fail"
        assert result.status == ("pass" if passed else bad), name
        assert result.measure.rows == len(rows["main"]) or result.spec.kind in ("present", "type")
        assert bool(result.measure.samples) == (not passed and _has_samples(result.spec, value)), name
    assert not +expected, "the oracle counts checks that nobody measured"


def _has_samples(spec: Any, value: int) -> bool:
    return value > 0 and spec.arguments.get("metric") != "rowCount"


def _rules(obj: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {f"{obj['name']}.quality[{i}]": rule for i, rule in enumerate(obj["quality"])}

    def walk(prop: dict[str, Any], path: str) -> None:
        found.update((f"{path}.quality[{i}]", rule) for i, rule in enumerate(prop.get("quality", ())))
        for child in prop.get("properties", ()):
            walk(child, f"{path}.{child['name']}")
        if "items" in prop:
            walk(prop["items"], f"{path}[]")
        if "map" in prop:
            walk(prop["map"]["key"], f"{path}{{key}}")
            walk(prop["map"]["value"], f"{path}{{}}")

    for prop in obj["properties"]:
        walk(prop, f"{obj['name']}.{prop['name']}")
    return found
