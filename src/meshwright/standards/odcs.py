"""ODCS 3.x documents to contracts and back (Open Data Contract Standard, Bitol)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from meshwright.model.contract import (
    Contract,
    ContractObject,
    Document,
    Property,
    QualityRule,
    Server,
    ServiceLevel,
    Threshold,
)
from meshwright.model.types import physical_type
from meshwright.standards.custom import custom_of
from meshwright.standards.references import References

OPERATORS = (
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
)
"""The operators of a quality rule; `mustBeBetween` includes its ends."""

SEVERITIES = ("error", "warning", "info")

_SERVER_KEYS = frozenset({"id", "server", "type", "description", "environment", "roles", "customProperties"})
_MONTHLY = frozenset({"date", "timestamp", "timestamptz"})


def read_contract(document: Document, file: str) -> Contract:
    """The contract that a document declares; the document is one that the schema accepts.

    Absent keys take the standard's defaults. Variables (`${NAME:-default}`) stay as they are.
    """
    objects = document.get("schema") or ()
    references = References(objects)
    return Contract(
        id=document["id"],
        version=document["version"],
        api_version=document["apiVersion"],
        file=file,
        document=document,
        name=document.get("name"),
        status=document.get("status"),
        servers=tuple(map(_server, document.get("servers") or ())),
        objects=tuple(_object(item, f"schema[{i}]", references) for i, item in enumerate(objects)),
        service_levels=tuple(
            _service_level(item, f"slaProperties[{i}]")
            for i, item in enumerate(document.get("slaProperties") or ())
        ),
        custom=custom_of(document),
    )


def write_contract(contract: Contract) -> dict[str, Any]:
    """The document of a contract, equal to what was read: data, key order, explicit nulls."""
    return copy.deepcopy(dict(contract.document))


def _server(item: Mapping[str, Any]) -> Server:
    return Server(
        name=item["server"],
        type=item["type"],
        environment=item.get("environment"),
        settings={key: value for key, value in item.items() if key not in _SERVER_KEYS},
        custom=custom_of(item),
    )


def _service_level(item: Mapping[str, Any], path: str) -> ServiceLevel:
    return ServiceLevel(
        property=item["property"].lower(),
        value=item["value"],
        path=path,
        unit=item.get("unit"),
        element=item.get("element"),
        driver=item.get("driver"),
        schedule=item.get("schedule"),
        scheduler=item.get("scheduler"),
        value_ext=item.get("valueExt"),
        description=item.get("description"),
        custom=custom_of(item) if "customProperties" in item else {},
    )


def _object(item: Mapping[str, Any], path: str, references: References) -> ContractObject:
    return ContractObject(
        name=item["name"],
        path=path,
        physical_name=item.get("physicalName"),
        description=item.get("description"),
        properties=_properties(item.get("properties") or (), f"{path}.properties", "", references),
        relationships=references.of_object(item, path) if "relationships" in item else (),
        quality=_quality(item, path) if "quality" in item else (),
        custom=custom_of(item) if "customProperties" in item else {},
    )


def _properties(
    items: Sequence[Mapping[str, Any]], path: str, prefix: str, references: References
) -> tuple[Property, ...]:
    """Properties of an object or a nested object, numbered where they are in the key or partition."""
    found = []
    keys = partitions = 0
    for index, item in enumerate(items):
        key = partition = None
        if item.get("primaryKey"):
            keys += 1
            key = _position(item.get("primaryKeyPosition"), keys)
        if item.get("partitioned"):
            partitions += 1
            partition = _position(item.get("partitionKeyPosition"), partitions)
        found.append(_property(item, f"{path}[{index}]", prefix, references, key, partition))
    return tuple(found)


def _position(declared: Any, by_order: int) -> int:
    """A position from 1; -1 and absent mean the order of declaration."""
    return int(declared) if declared is not None and declared >= 1 else by_order


def _property(
    item: Mapping[str, Any],
    path: str,
    prefix: str,
    references: References,
    key: int | None = None,
    partition: int | None = None,
) -> Property:
    get = item.get
    name = get("name") or ""
    dotted = f"{prefix}.{name}" if prefix and name else prefix or name
    enum = get("enum")
    nested, items, mapped = get("properties"), get("items"), get("map")
    return Property(
        name=name,
        path=path,
        physical_name=get("physicalName"),
        logical_type=get("logicalType"),
        physical_type=get("physicalType"),
        options=get("logicalTypeOptions") or {},
        description=get("description"),
        required=get("required", False),
        unique=get("unique", False),
        primary_key_position=key,
        partition_position=partition,
        partition_transform=_transform(item) if partition is not None else None,
        classification=get("classification"),
        critical=get("criticalDataElement", False),
        enum=tuple(entry["value"] for entry in enum) if enum else None,
        properties=_properties(nested, f"{path}.properties", dotted, references) if nested else (),
        items=_property(items, f"{path}.items", dotted, references) if items is not None else None,
        map_key=_property(mapped["key"], f"{path}.map.key", dotted, references) if mapped else None,
        map_value=_property(mapped["value"], f"{path}.map.value", dotted, references) if mapped else None,
        relationships=references.of_property(item, path, dotted) if "relationships" in item else (),
        quality=_quality(item, path) if "quality" in item else (),
        sources=tuple(sources) if (sources := get("transformSourceObjects")) is not None else None,
    )


def _transform(item: Mapping[str, Any]) -> str:
    """How a column partitions: as it says itself, else dates and timestamps by month."""
    declared = custom_of(item).get("partitionTransform")
    if declared is not None:
        return str(declared)
    kind = item.get("logicalType")
    if kind is None and (physical := physical_type(item.get("physicalType") or "")) is not None:
        kind = physical.kind
    return "month" if kind in _MONTHLY else "identity"


def _quality(item: Mapping[str, Any], path: str) -> tuple[QualityRule, ...]:
    return tuple(_rule(rule, f"{path}.quality[{i}]") for i, rule in enumerate(item["quality"]))


def _rule(rule: Mapping[str, Any], path: str) -> QualityRule:
    get = rule.get
    metric = get("metric") or get("rule")  # `rule` is its deprecated name
    severity = str(get("severity", "error")).lower()
    return QualityRule(
        type=get("type") or ("library" if metric else "text"),
        path=path,
        id=get("id"),
        name=get("name"),
        metric=metric,
        query=get("query"),
        engine=get("engine"),
        implementation=get("implementation"),
        arguments=get("arguments") or {},
        threshold=_threshold(rule),
        severity=severity if severity in SEVERITIES else "error",
        dimension=get("dimension"),
        description=get("description"),
        schedule=get("schedule"),
        scheduler=get("scheduler"),
    )


def _threshold(rule: Mapping[str, Any]) -> Threshold | None:
    for operator in OPERATORS:
        if operator in rule:
            value = rule[operator]
            pair = tuple(value) if isinstance(value, list) and operator.endswith("Between") else value
            return Threshold(operator, pair, rule.get("unit") or "rows")
    return None
