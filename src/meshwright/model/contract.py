"""Contracts: schema, quality, service levels and terms of one port (ODCS 3.x)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from meshwright.model.address import major_of

Document = Mapping[str, Any]
"""A parsed YAML or JSON document: dicts, lists, strings, numbers, booleans, None."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """An operator of ODCS with its operand; `unit` is `rows` or `percent`.

    `operator` is one of mustBe, mustNotBe, mustBeGreaterThan, mustBeGreaterOrEqualTo,
    mustBeLessThan, mustBeLessOrEqualTo, mustBeBetween, mustNotBeBetween; `value` is a number
    (any scalar for mustBe and mustNotBe), or a pair of numbers for the last two, ends included.
    """

    operator: str
    value: Any
    unit: str = "rows"


NONE_MAY_FAIL = Threshold("mustBe", 0)


@dataclass(frozen=True, slots=True)
class QualityRule:
    """One entry of a `quality` list; `path` is its place in the contract document."""

    type: str  # library, sql, custom, text
    path: str
    id: str | None = None
    name: str | None = None
    metric: str | None = None
    query: str | None = None
    engine: str | None = None
    implementation: Any = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    threshold: Threshold | None = None
    severity: str = "error"
    dimension: str | None = None
    description: str | None = None
    schedule: str | None = None
    scheduler: str | None = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """A foreign key: `from_` columns of this object refer to `to` columns of `to_object`.

    Columns are dotted paths below their object. `to_contract` is the file or URL before the
    `#` of a fully qualified reference, else None.
    """

    from_: tuple[str, ...]
    to_object: str
    to: tuple[str, ...]
    path: str
    to_contract: str | None = None


@dataclass(frozen=True, slots=True)
class Property:
    """One column, or one part of a nested column, of a contract object."""

    name: str
    path: str
    physical_name: str | None = None
    logical_type: str | None = None
    physical_type: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    description: str | None = None
    required: bool = False
    unique: bool = False
    primary_key_position: int | None = None  # from 1; None: not in the key
    partition_position: int | None = None  # from 1; None: not a partition column
    partition_transform: str | None = None  # identity, year, month, day, hour, bucket[N], truncate[N]
    classification: str | None = None
    critical: bool = False
    enum: tuple[Any, ...] | None = None
    properties: tuple[Property, ...] = ()
    items: Property | None = None
    map_key: Property | None = None
    map_value: Property | None = None
    relationships: tuple[Relationship, ...] = ()
    quality: tuple[QualityRule, ...] = ()
    sources: tuple[str, ...] | None = None  # transformSourceObjects

    @property
    def column(self) -> str:
        """The name of the column in data: the physical name if there is one."""
        return self.physical_name or self.name


@dataclass(frozen=True, slots=True)
class ContractObject:
    """One table of a contract."""

    name: str
    path: str
    physical_name: str | None = None
    description: str | None = None
    properties: tuple[Property, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    quality: tuple[QualityRule, ...] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """The name of the table in data: the physical name if there is one."""
        return self.physical_name or self.name

    @property
    def primary_key(self) -> tuple[Property, ...]:
        """The key's properties in key order; empty when there is no key."""
        keys = [p for p in self.properties if p.primary_key_position is not None]
        return tuple(sorted(keys, key=lambda p: p.primary_key_position or 0))

    @property
    def partitions(self) -> tuple[Property, ...]:
        """The partition properties in partition order."""
        parts = [p for p in self.properties if p.partition_position is not None]
        return tuple(sorted(parts, key=lambda p: p.partition_position or 0))

    def find(self, name: str) -> Property | None:
        """The property with this (physical) name, or None."""
        return next((p for p in self.properties if name in (p.name, p.physical_name)), None)


@dataclass(frozen=True, slots=True)
class Server:
    """Where a contract's data live; `settings` are the type's own keys, unresolved."""

    name: str
    type: str
    environment: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """One service level; `property` is lower case."""

    property: str
    value: Any
    path: str
    unit: str | None = None
    element: str | None = None
    driver: str | None = None
    schedule: str | None = None
    scheduler: str | None = None
    value_ext: Any = None
    description: str | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contract:
    """One ODCS document; `file` is relative to the mesh, `document` what was read."""

    id: str
    version: str
    api_version: str
    file: str
    document: Document = field(repr=False)
    name: str | None = None
    status: str | None = None
    servers: tuple[Server, ...] = ()
    objects: tuple[ContractObject, ...] = ()
    service_levels: tuple[ServiceLevel, ...] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)

    @property
    def major(self) -> int:
        """The major version."""
        return major_of(self.version)

    def find(self, name: str) -> ContractObject | None:
        """The object with this (physical) name, or None."""
        return next((o for o in self.objects if name in (o.name, o.physical_name)), None)

    def rules(self) -> Iterator[QualityRule]:
        """Every quality rule, objects' and properties'."""
        for obj in self.objects:
            yield from obj.quality
            for prop in obj.properties:
                yield from prop.quality
