"""Contracts made by hand: values and documents that agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from meshwright.model.contract import (
    Contract,
    ContractObject,
    Property,
    QualityRule,
    Relationship,
    ServiceLevel,
    Threshold,
)


def prop(name: str, logical: str | None = "integer", **keys: Any) -> dict[str, Any]:
    """A property as keyword arguments of `Property`, with `id` for its stable id."""
    return {"name": name, "logical_type": logical, **keys}


def contract(
    *properties: Mapping[str, Any],
    version: str = "1.0.0",
    obj: str = "deals",
    quality: Sequence[QualityRule] = (),
    relationships: Sequence[Relationship] = (),
    levels: Sequence[ServiceLevel] = (),
    others: Sequence[str] = (),
    **document: Any,
) -> Contract:
    """A contract with one object of these properties, and `others` with one column each."""
    properties = properties or (prop("id"),)
    objects = [
        ContractObject(
            obj,
            "schema[0]",
            properties=_properties(properties, "schema[0]"),
            quality=tuple(quality),
            relationships=tuple(relationships),
        )
    ]
    objects += [
        ContractObject(name, f"schema[{i}]", properties=(Property("id", f"schema[{i}].properties[0]"),))
        for i, name in enumerate(others, start=1)
    ]
    schema = [{"name": o.name, "about": repr(o)} for o in objects]
    schema[0]["properties"] = _documents(properties)  # type: ignore[assignment]
    whole = {"id": "deals", "version": version, "schema": schema, "slaProperties": repr(levels), **document}
    return Contract(
        "deals", version, "v3.2.0", "contracts/deals.yaml", whole,
        objects=tuple(objects), service_levels=tuple(levels),
    )  # fmt: skip


def threshold(operator: str, value: Any, unit: str = "rows") -> Threshold:
    return Threshold(operator, value, unit)


def rule(metric: str = "nullValues", **keys: Any) -> QualityRule:
    return QualityRule(**{"type": "library", "path": "schema[0].quality[0]", "metric": metric, **keys})


def level(name: str, value: Any, unit: str | None = None) -> ServiceLevel:
    return ServiceLevel(name.lower(), value, "slaProperties[0]", unit)


def _properties(properties: Sequence[Mapping[str, Any]], path: str) -> tuple[Property, ...]:
    found = []
    for index, keys in enumerate(properties):
        here = f"{path}.properties[{index}]"
        arguments = {key: value for key, value in keys.items() if key != "id"}
        arguments["properties"] = _properties(keys.get("properties", ()), here)
        found.append(Property(**{"path": here, **arguments}))
    return tuple(found)


def _documents(properties: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"name": p["name"], "id": p.get("id"), "properties": _documents(p.get("properties", ()))}
        for p in properties
    ]
