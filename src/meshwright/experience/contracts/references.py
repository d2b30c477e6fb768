"""Relationships of a contract as checks (ODCS 3.2, "Relationships")."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import PurePath
from typing import Any

from meshwright.experience.contracts.places import locate, places
from meshwright.model.check import CheckSpec, Step
from meshwright.model.contract import Contract, ContractObject, Property, Relationship


def relationship_checks(
    contract: Contract, obj: ContractObject, objects: Collection[str] | None
) -> Iterator[CheckSpec]:
    """One check per relationship of the object and of its properties, nested ones included."""
    for index, relationship in enumerate(obj.relationships):
        yield _check(contract, obj, relationship, f"{obj.name}.relationships[{index}]", objects)
    for place in places(obj):
        for prop in _all_properties(place.prop):
            for index, relationship in enumerate(prop.relationships):
                name = f"{obj.name}.{prop.name or place.name}.relationships[{index}]"
                yield _check(contract, obj, relationship, name, objects)


def _all_properties(prop: Property) -> Iterator[Property]:
    yield prop
    parts = (*prop.properties, prop.items, prop.map_key, prop.map_value)
    for part in parts:
        if part is not None:
            yield from _all_properties(part)


def _check(
    contract: Contract,
    obj: ContractObject,
    relationship: Relationship,
    name: str,
    objects: Collection[str] | None,
) -> CheckSpec:
    arguments: dict[str, Any] = {}
    from_: tuple[tuple[Step, ...], ...] = ()
    column = None
    if len(relationship.from_) != len(relationship.to) or not relationship.from_:
        arguments["error"] = (
            f"the relationship has {len(relationship.from_)} columns here and {len(relationship.to)} there"
        )
    else:
        found = [locate(obj, part) for part in relationship.from_]
        missing = [part for part, place in zip(relationship.from_, found, strict=True) if place is None]
        if missing:
            arguments["error"] = f"`{obj.name}` has no property `{missing[0]}`"
        from_ = tuple(place.path for place in found if place is not None)
        column = ", ".join(place.column for place in found if place is not None) or None
        _target(contract, relationship, objects, arguments)
    return CheckSpec(
        id=name,
        path=relationship.path,
        object=obj.name,
        kind="relationship",
        column=column,
        arguments={"from": from_, **arguments},
        mergeable=False,
    )


def _target(
    contract: Contract,
    relationship: Relationship,
    objects: Collection[str] | None,
    arguments: dict[str, Any],
) -> None:
    """Fill in the object and the columns that a relationship leads to, or why that cannot be."""
    names = relationship.to_object, *relationship.to
    other = relationship.to_contract
    arguments["to_columns"] = relationship.to
    if other is not None and PurePath(other).name != PurePath(contract.file).name:
        target = f"{other}#{relationship.to_object}"
        arguments["to_object"] = target
        arguments["to"] = tuple(_plain_steps(name) for name in relationship.to)
        if objects is None or target not in objects:
            arguments["skip"] = f"the data of `{relationship.to_object}` in {other} are not available here"
        return
    obj = contract.find(names[0])
    if obj is None and _at_address(relationship, objects, arguments):
        return
    if obj is None:
        arguments["to_object"] = names[0]
        arguments["error"] = f"the contract has no object `{names[0]}`"
        return
    arguments["to_object"] = obj.name
    found = [locate(obj, name) for name in relationship.to]
    missing = [name for name, place in zip(relationship.to, found, strict=True) if place is None]
    if missing:
        arguments["error"] = f"`{obj.name}` has no property `{missing[0]}`"
        return
    arguments["to"] = tuple(place.path for place in found if place is not None)
    if objects is not None and obj.name not in objects:
        arguments["skip"] = f"the data of `{obj.name}` are not available here"


def _at_address(
    relationship: Relationship, objects: Collection[str] | None, arguments: dict[str, Any]
) -> bool:
    """Whether a relationship leads to `domain.product.object.column`; then its target is filled in."""
    places = [f"{relationship.to_object}.{column}".split(".", 3) for column in relationship.to]
    targets = {".".join(place[:3]) for place in places}
    if len(targets) != 1 or any(len(place) != 4 for place in places):
        return False
    target = targets.pop()
    arguments["to_object"] = target
    arguments["to_columns"] = tuple(place[3] for place in places)
    arguments["to"] = tuple(_plain_steps(place[3]) for place in places)
    if objects is None or target not in objects:
        arguments["skip"] = f"`{target}` is not read by this product, so its data are not available here"
    return True


def _plain_steps(name: str) -> tuple[Step, ...]:
    return tuple(("field", part) for part in name.split("."))
