"""From a contract to checks (ODCS 3.2), with no engine in sight."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from meshwright.experience.contracts.formats import format_arguments
from meshwright.experience.contracts.places import Place, classified_columns, places
from meshwright.experience.contracts.quality import quality_checks
from meshwright.experience.contracts.references import relationship_checks
from meshwright.experience.contracts.service_levels import service_level_checks
from meshwright.model.check import CheckKind, CheckSpec
from meshwright.model.contract import Contract, ContractObject
from meshwright.model.types import ANY, ColumnType, column_type, loose_kinds

BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
"""The options that bound a number, a date, a time or a timestamp."""


def compile_contract(contract: Contract, objects: Collection[str] | None = None) -> tuple[CheckSpec, ...]:
    """Every check that a contract states about data, in the order of the contract.

    `objects` names the objects that there are data of (None: all of the contract's): others get
    no checks, and relationships to others are listed with the reason why they are skipped. An
    object of another contract is named `FILE#OBJECT`, as references to it are written. What no
    engine can check (text, custom) is listed too, and skipped with its reason.
    """
    specs: list[CheckSpec] = []
    levels = list(service_level_checks(contract, objects))
    for obj in contract.objects:
        if objects is None or obj.name in objects:
            specs.extend(_object_checks(contract, obj, objects))
            specs.extend(spec for of, spec in levels if of is obj)
    return tuple(_with_unique_ids(specs))


def skipped_checks(contract: Contract, objects: Collection[str]) -> Iterator[CheckSpec]:
    """The checks of `compile_contract` that are skipped whatever the data are, in its words.

    Costs nearly nothing where nothing is: the others are not compiled.
    """
    for obj in contract.objects:
        if obj.name in objects:
            scope = _Scope(obj, (), ())
            formats = (spec for place in places(obj) for spec in _formats(scope, place))
            specs = (*formats, *relationship_checks(contract, obj, objects), *quality_checks(contract, obj))
            yield from (spec for spec in specs if "skip" in spec.arguments)


def _formats(scope: _Scope, place: Place) -> Iterator[CheckSpec]:
    if place.prop.options.get("format") is not None:
        yield from _option_checks(scope, place)
    for child in place.children():
        yield from _formats(scope, child)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What all checks of one object share."""

    obj: ContractObject
    key: tuple[str, ...]
    withheld: tuple[str, ...]

    def spec(
        self,
        place: Place,
        kind: CheckKind,
        suffix: str,
        arguments: Mapping[str, Any] | None = None,
        mergeable: bool = True,
    ) -> CheckSpec:
        return CheckSpec(
            id=f"{self.obj.name}.{place.name}.{kind}",
            path=f"{place.prop.path}{suffix}",
            object=self.obj.name,
            kind=kind,
            column=place.column,
            arguments=arguments or {},
            description=place.prop.description or "",
            mergeable=mergeable,
            steps=place.steps,
            key=self.key,
            withheld=self.withheld,
        )


def _object_checks(
    contract: Contract, obj: ContractObject, objects: Collection[str] | None
) -> Iterator[CheckSpec]:
    key = tuple(prop.column for prop in obj.primary_key)
    scope = _Scope(obj, key, classified_columns(obj))
    for place in places(obj):
        yield from _property_checks(scope, place)
    if key:
        yield CheckSpec(
            id=f"{obj.name}.primary_key",
            path=obj.path,
            object=obj.name,
            kind="primary_key",
            column=key[0] if len(key) == 1 else None,
            arguments={"columns": key},
            mergeable=False,
            key=key,
            withheld=scope.withheld,
        )
    for spec in (*relationship_checks(contract, obj, objects), *quality_checks(contract, obj)):
        yield replace(spec, key=key, withheld=scope.withheld)


def _property_checks(scope: _Scope, place: Place) -> Iterator[CheckSpec]:
    prop = place.prop
    if place.is_field:
        yield scope.spec(place, "present", "")
    declared = _shell(column_type(prop), prop.logical_type)
    if declared != ANY:
        more: dict[str, Any] = {}
        if prop.logical_type == "object" and not prop.properties:
            more["json"] = True
        if prop.physical_type:
            more["physical"] = prop.physical_type
        yield scope.spec(
            place, "type", ".logicalType", {"type": declared, "loose": loose_kinds(prop), **more}
        )
    if prop.required:
        yield scope.spec(place, "required", ".required")
    if prop.unique:
        yield scope.spec(place, "unique", ".unique", {"columns": (place.column,)}, mergeable=False)
    if prop.enum is not None:
        yield scope.spec(place, "enum", ".enum", {"values": prop.enum})
    yield from _option_checks(scope, place)
    for child in place.children():
        yield from _property_checks(scope, child)


def _shell(declared: ColumnType, logical: str | None) -> ColumnType:
    """The type without its parts, which have checks of their own."""
    if logical == "vector":
        return declared
    match declared.kind:
        case "struct":
            return ColumnType("struct")
        case "list":
            return ColumnType("list", item=ANY)
        case "map":
            return ColumnType("map", key=ANY, item=ANY)
    return declared


def _option_checks(scope: _Scope, place: Place) -> Iterator[CheckSpec]:
    """One check per group of `logicalTypeOptions`."""
    options = {name: value for name, value in place.prop.options.items() if value is not None}
    for kind, arguments in option_arguments(place, options):
        yield scope.spec(place, kind, ".logicalTypeOptions", arguments)


def option_arguments(place: Place, options: Mapping[str, Any]) -> Iterator[tuple[CheckKind, dict[str, Any]]]:
    """The kinds of check that options ask for, with their arguments."""
    groups: tuple[tuple[CheckKind, tuple[str, ...]], ...] = (
        ("length", ("minLength", "maxLength")),
        ("pattern", ("pattern",)),
        ("bounds", BOUNDS),
        ("multiple_of", ("multipleOf",)),
        ("size", ("minItems", "maxItems", "minProperties", "maxProperties")),
    )
    logical = place.prop.logical_type
    for kind, names in groups:
        arguments = {name: options[name] for name in names if name in options}
        if arguments:
            if kind == "bounds":
                arguments["timezone"] = options.get("defaultTimezone", "UTC")
            yield kind, arguments
    if "format" in options:
        yield "format", format_arguments(logical, str(options["format"]))
    if isinstance(options.get("timezone"), bool):
        yield "format", {"format": "timezone", "timezone": options["timezone"]}
    if options.get("uniqueItems") is True:
        yield "unique_items", {}
    if options.get("required"):
        columns = {child.name: child.column for child in place.prop.properties}
        yield "required_keys", {"keys": tuple(columns.get(name, name) for name in options["required"])}
    if logical == "vector":
        if "dimensions" in options:
            yield "size", {"minItems": options["dimensions"], "maxItems": options["dimensions"]}
        if options.get("normalized") is True:
            yield "format", {"format": "normalized", "normalized": True}


def _with_unique_ids(specs: list[CheckSpec]) -> Iterator[CheckSpec]:
    seen: dict[str, int] = {}
    for spec in specs:
        seen[spec.id] = count = seen.get(spec.id, 0) + 1
        yield spec if count == 1 else replace(spec, id=f"{spec.id}#{count}")
