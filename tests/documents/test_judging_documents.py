"""What the schemas reject is rejected, in words, each mistake once and at its place."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshwright.errors import Problem
from meshwright.standards.explain import explain
from meshwright.standards.schema import Kind, check_document, schema_of, validator_of
from meshwright.standards.yaml import read_document, read_value

DATA = Path(__file__).parent / "data"
EXAMPLES: list[tuple[Kind, Path]] = [
    *(("contract", path) for path in sorted((DATA / "odcs").iterdir())),
    *(("product", path) for path in sorted((DATA / "odps").iterdir())),
]


def judge(kind: Kind, text: str) -> list[Problem]:
    data = text.encode()
    return list(check_document(kind, read_value(data, "x.yaml"), "x.yaml", data))


def brief(problems: list[Problem]) -> list[tuple[Any, ...]]:
    return [(problem.code, problem.line, problem.column, problem.path) for problem in problems]


CONTRACT = """\
apiVersion: v3.2.0
kind: DataContract
id: deals
version: 1.0.0
"""

SCHEMA = (
    CONTRACT
    + """\
schema:
  - name: deals
    properties:
      - name: id
        logicalType: string
"""
)
QUALITY = CONTRACT + "schema:\n  - name: deals\n    quality:\n"


@pytest.mark.parametrize(("kind", "path"), EXAMPLES, ids=lambda value: getattr(value, "name", value))
def test_official_examples_are_accepted(kind: Kind, path: Path) -> None:
    assert check_document(kind, read_document(path.read_bytes(), path.name), path.name) == ()


@pytest.mark.parametrize("version", ["v3.2.0", "v3.1.0", "v3.0.2", "v3.0.1", "v3.0.0", "v2.2.2"])
def test_every_version_that_the_standard_names_is_accepted(version: str) -> None:
    assert judge("contract", CONTRACT.replace("v3.2.0", version)) == []


@pytest.mark.parametrize(
    ("text", "expected", "words", "hint"),
    [
        (
            SCHEMA + "        requried: true\n",
            ("MW003", 10, 9, "schema[0].properties[0].requried"),
            "unknown key `requried`",
            "did you mean `required`?",
        ),
        (
            SCHEMA.replace("string", "strnig"),
            ("MW002", 9, 22, "schema[0].properties[0].logicalType"),
            "`strnig` is not allowed",
            "did you mean `string`?",
        ),
        (
            CONTRACT.replace("version: 1.0.0", "verion: 1.0.0"),
            ("MW003", 4, 1, "verion"),
            "unknown key `verion`",
            "did you mean `version`?",
        ),
        (CONTRACT.replace("1.0.0", "1.0"), ("MW002", 4, 10, "version"), "must be text", "put it in quotes"),
        (CONTRACT.replace("id: deals\n", ""), ("MW002", 1, 1, ""), "the key `id` is missing", None),
        (
            SCHEMA.replace("name: id", "description: x"),
            ("MW002", 8, 9, "schema[0].properties[0]"),
            "the key `name` is missing",
            None,
        ),
        (
            SCHEMA + "        items: {logicalType: string}\n",
            ("MW003", 10, 9, "schema[0].properties[0].items"),
            "the key `items` does not belong here",
            "it needs `logicalType: array`",
        ),
        (
            SCHEMA + "        logicalTypeOptions: {minimum: 3}\n",
            ("MW003", 10, 30, "schema[0].properties[0].logicalTypeOptions.minimum"),
            "unknown key `minimum`",
            "known here: format, maxLength, minLength, pattern",
        ),
        (
            SCHEMA + "        relationships: [{to: nowhere}]\n",
            ("MW002", 10, 30, "schema[0].properties[0].relationships[0].to"),
            "must be written OBJECT.PROPERTY or schema/OBJECT/properties/PROPERTY",
            None,
        ),
        (
            SCHEMA + "        relationships: [{from: a.b, to: a.b}]\n",
            ("MW003", 10, 26, "schema[0].properties[0].relationships[0].from"),
            "the key `from` does not belong here",
            None,
        ),
        (
            QUALITY + "      - {metric: rowCount, mustBe: 1, mustBeLessThan: 2}\n",
            ("MW002", 8, 9, "schema[0].quality[0]"),
            "`mustBe` and `mustBeLessThan` exclude each other",
            "keep one",
        ),
        (
            QUALITY + "      - {metric: rowCount}\n",
            ("MW002", 8, 9, "schema[0].quality[0]"),
            "one of `mustBe`, `mustNotBe`",
            None,
        ),
        (
            QUALITY + "      - {metric: rowCount, mustBeBetween: 3}\n",
            ("MW002", 8, 43, "schema[0].quality[0].mustBeBetween"),
            "must be a list, found the number 3",
            None,
        ),
        (
            QUALITY + "      - {type: sql, mustBe: 3}\n",
            ("MW002", 8, 9, "schema[0].quality[0]"),
            "the key `query` is missing",
            None,
        ),
        (
            CONTRACT + "team:\n  - usernam: ada\n",
            ("MW003", 6, 5, "team[0].usernam"),
            "unknown key `usernam`",
            "did you mean `username`?",
        ),
        (CONTRACT + "team: ada\n", ("MW002", 5, 7, "team"), "must be a mapping or a list", None),
        (
            CONTRACT + "servers:\n  - {server: crm, type: postgress}\n",
            ("MW002", 6, 25, "servers[0].type"),
            "`postgress` is not allowed",
            "did you mean `postgres`?",
        ),
        (
            CONTRACT + "slaProperties:\n  - property: latency\n    value: [1]\n",
            ("MW002", 7, 12, "slaProperties[0].value"),
            "found a list",
            None,
        ),
    ],
)
def test_a_mistake_in_a_contract_is_told_once_where_it_is(
    text: str, expected: tuple[Any, ...], words: str, hint: str | None
) -> None:
    problems = judge("contract", text)
    assert brief(problems) == [expected]
    assert words in problems[0].message
    assert problems[0].hint == hint


def test_all_mistakes_of_a_document_are_told_in_order() -> None:
    text = (
        CONTRACT.replace("id: deals", "id: 3")
        + "sttus: active\nschema:\n  - nme: deals\n    properties:\n      - name: x\n        required: yes\n"
    )
    assert brief(judge("contract", text)) == [
        ("MW002", 3, 5, "id"),
        ("MW003", 5, 1, "sttus"),
        ("MW003", 7, 5, "schema[0].nme"),
        ("MW002", 10, 19, "schema[0].properties[0].required"),
    ]


def test_a_wrong_part_of_a_property_does_not_make_its_other_keys_unknown() -> None:
    text = SCHEMA + "        description: 3\n        required: true\n        tags: [1]\n"
    assert [problem.path for problem in judge("contract", text)] == [
        "schema[0].properties[0].description",
        "schema[0].properties[0].tags[0]",
    ]


def test_a_document_with_endless_mistakes_is_cut_short() -> None:
    text = CONTRACT + "tags:\n" + "  - 1\n" * 2000
    problems = judge("contract", text)
    assert len(problems) == 501
    assert any("1,500 more problems" in problem.message for problem in problems)


# --- our own documents


def test_our_own_documents_are_accepted() -> None:
    mesh = """\
mesh: premium_offices
description: Offices
default_environment: dev
domains: [assets]
environments:
  dev:
    registry: sqlite:///.mesh/dev/registry.db
    warehouse: .mesh/dev/warehouse
    engine: duckdb
    retain: 20
    python_memory: 4GiB
    secrets:
      crm: {user: env:CRM_USER, password: file:/run/secrets/crm}
      api: env:TOKEN
  prod:
    registry: postgresql://host:5432/mesh
    warehouse: s3://bucket/mesh
"""
    assert judge("mesh", mesh) == []
    assert judge("domain", "domain: assets\nteam: {name: a, members: [{username: b}]}\ntags: [x]\n") == []
    test = "test: it works\nmodel: deals@2\ngiven: {crm.deals: [{a: 1}]}\nexpect: []\n"
    assert judge("test", test) == []
    assert judge("test", "- {test: a, model: m, expect: [{a: 1}], ordered: true}\n") == []


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("mesh", "mesh: a\nenviroments: {}\n", ("MW003", 2, 1, "enviroments")),
        ("mesh", "mesh: A b\n", ("MW002", 1, 7, "mesh")),
        ("mesh", "mesh: a\nenvironments: {}\n", ("MW002", 2, 1, "environments")),
        ("mesh", "mesh: a\nenvironments: {dev: {retain: 0}}\n", ("MW002", 2, 30, "environments.dev.retain")),
        (
            "mesh",
            "mesh: a\nenvironments: {dev: {grace_seconds: -1}}\n",
            ("MW002", 2, 37, "environments.dev.grace_seconds"),
        ),
        ("mesh", "mesh: a\nenvironments: {D v: {}}\n", ("MW002", 2, 16, 'environments["D v"]')),
        ("domain", "domain: a\nteam: {membrs: []}\n", ("MW003", 2, 8, "team.membrs")),
        ("test", "test: a\nmodel: m\n", ("MW002", 1, 1, "")),
        (
            "test",
            "- {test: a, model: m, expect: []}\n- {test: b, model: m, expct: []}\n",
            ("MW003", 2, 23, "[1].expct"),
        ),
        ("test", "- {test: a, model: a b, expect: []}\n", ("MW002", 1, 20, "[0].model")),
    ],
)
def test_a_mistake_in_our_own_documents_is_told_where_it_is(
    kind: Kind, text: str, expected: tuple[Any, ...]
) -> None:
    assert brief(judge(kind, text)) == [expected]


@pytest.mark.parametrize(
    "line",
    [
        "registry: postgresql://ada:hunter2@host/mesh",
        "secrets: {crm: hunter2}",
        "secrets: {crm: {password: hunter2}}",
        "secrets: {crm: {password: {value: hunter2}}}",
        "secrets: {crm: {password: 42424242}}",
        "secrets: {crm: 42424242}",
        "secrets: {crm: [hunter2]}",
    ],
)
def test_a_secret_that_should_not_be_there_is_refused_and_not_repeated(line: str) -> None:
    problems = judge("mesh", f"mesh: a\nenvironments:\n  dev:\n    {line}\n")
    assert len(problems) == 1
    assert "hunter2" not in str(problems[0])
    assert "42424242" not in str(problems[0])


# --- what the standard says is what counts

_KEYS = [
    *(
        "name",
        "type",
        "logicalType",
        "metric",
        "mustBe",
        "mustBetween",
        "mustBeBetween",
        "items",
        "enum",
        "x",
    ),
    *(
        "properties",
        "map",
        "from",
        "to",
        "relationships",
        "query",
        "engine",
        "primaryKey",
        "logicalTypeOptions",
    ),
    *(
        "dimensions",
        "value",
        "id",
        "server",
        "host",
        "unit",
        "location",
        "implementation",
        "rule",
        "requried",
    ),
    *("quality", "schema", "members"),
]
_VALUES: list[Any] = [
    *(None, True, 3, 1.0, -1, 0, "", "x", "a b", "string", "array", "map", "vector", "sql", "custom"),
    *("library", "api", "postgres", "a.b", "schema/a/properties/b", "text", "rowCount"),
    *([], {}, [1, 2], [1, 1.0], ["a.b", "c.d"], [{"name": "x"}], [{"value": 1}, {"value": 1.0}], [[1]]),
    *({"key": {}, "value": {}}, {"dimensions": 3}, {"minLength": 1}, {"foo": 1}, {"a": {"b": []}}),
]


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _nodes(child)


def _mutated(document: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    document = copy.deepcopy(document)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        node = chance.choice([node for node in _nodes(document) if isinstance(node, (dict, list))])
        if not node:
            continue
        key: Any = chance.choice(list(node)) if isinstance(node, dict) else chance.randrange(len(node))
        match chance.randrange(5):
            case 0:
                del node[key]
            case 1 | 2:
                node[key] = copy.deepcopy(chance.choice(_VALUES))
            case 3 if isinstance(node, dict):
                node[key + "x"] = node.pop(key)
            case _ if isinstance(node, dict):
                node[chance.choice(_KEYS)] = copy.deepcopy(chance.choice(_VALUES))
            case _:
                node.append(copy.deepcopy(node[key]))
    return document


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EXAMPLES), st.integers(0, 1 << 32))
def test_we_reject_exactly_what_the_official_schema_rejects(example: tuple[Kind, Path], seed: int) -> None:
    kind, path = example
    document = _mutated(read_document(path.read_bytes(), path.name), random.Random(seed))
    accepted = validator_of(kind).is_valid(document)
    findings = explain(schema_of(kind), document)
    assert accepted is (not findings)
    assert len(check_document(kind, document, path.name)) == len(findings)
    assert len(set(findings)) == len(findings)
