"""A partition column that cannot be partitioned that way.

## What it does
Checks `partitioned` columns and their custom property `partitionTransform` against the column's type
(Iceberg, partition transforms): `identity` on anything but binary and nested; `year`, `month`, `day` on
dates and timestamps; `hour` on timestamps; `truncate[N]` on integers and text; `bucket[N]` on anything but
booleans, `float`, `double` and nested. `N` is from 1 to 2147483647.

## Why is this bad
The table could not be created, or every row would land in a partition of its own.

## Example
```yaml
- name: city
  logicalType: string
  partitioned: true
  customProperties:
    - {vendor: meshwright, property: partitionTransform, value: month}
```

## What to do instead
Use a transform that suits the type, such as `truncate[2]` for text, or `bucket[16]` where a column has too
many values for a partition each, such as a key; or leave it out: dates and timestamps are then partitioned
by month, other columns by their value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from meshwright.errors import Problem
from meshwright.experience.resolution import node_at
from meshwright.experience.rules.places import custom_place, owned_contracts, walk
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.contract import Contract, ContractObject, Property
from meshwright.model.mesh import Mesh
from meshwright.model.types import INTEGERS, column_type

CODE = "MW124"

_TIMESTAMPS = frozenset({"timestamp", "timestamptz"})
_FLAT = _TIMESTAMPS | {
    *INTEGERS,
    *("boolean", "date", "decimal", "double", "float", "string", "time", "uuid"),
}

TRANSFORMS: Mapping[str, frozenset[str]] = {
    "identity": _FLAT,
    "year": _TIMESTAMPS | {"date"},
    "month": _TIMESTAMPS | {"date"},
    "day": _TIMESTAMPS | {"date"},
    "hour": _TIMESTAMPS,
    "truncate": frozenset({*INTEGERS, "string"}),
    "bucket": _FLAT - {"boolean", "double", "float"} | {"binary"},
}
"""The kinds of column each transform can be applied to, as far as an engine computes it."""

_MOST = 2**31 - 1  # a width and a number of buckets are 32-bit integers in Iceberg

_ALONE = ("has a partition transform but is no partition column", "add `partitioned: true`")
_FORM = re.compile(r"([a-z]+)(?:\[(\d+)\])?\Z")


def check(mesh: Mesh) -> Iterator[Problem]:
    """Partition columns that no table could have."""
    for _, contract in owned_contracts(mesh):
        for obj in contract.objects:
            top = obj.properties
            for prop in walk(top):
                if prop.partition_position is not None:
                    wrong = _wrong(prop, nested=not any(prop is each for each in top))
                    if wrong is not None:
                        yield _problem(contract, obj, prop, wrong)
            items = (node_at(contract.document, obj.path) or {}).get("properties") or ()
            for prop, item in zip(top, items, strict=False):
                if "customProperties" in item and prop.partition_position is None:
                    place = custom_place(contract.document, prop.path, "partitionTransform")
                    if place != prop.path:
                        yield _problem(contract, obj, prop, _ALONE)


def _problem(
    contract: Contract, obj: ContractObject, prop: Property, wrong: tuple[str, str | None]
) -> Problem:
    return Problem(
        CODE,
        f"column `{prop.column}` of `{obj.name}` {wrong[0]}",
        file=contract.file,
        path=custom_place(contract.document, prop.path, "partitionTransform"),
        hint=wrong[1],
    )


def _wrong(prop: Property, nested: bool) -> tuple[str, str | None] | None:
    if nested:
        return "is nested and cannot be a partition column", "partition by a column of the object itself"
    kind = column_type(prop)
    transform = prop.partition_transform
    if kind.kind in ("struct", "list", "map"):
        return f"is a {kind} and cannot be a partition column", "partition by a plain column"
    if transform is None:
        return None
    form = _FORM.match(str(transform))
    name, width = (form[1], form[2]) if form else ("", None)
    if name not in TRANSFORMS:
        known = "identity, year, month, day, hour, truncate[N] and bucket[N]"
        near = Suggester(TRANSFORMS).hint(re.sub(r"\W.*", "", str(transform)))
        return f"has the unknown partition transform `{transform}`", near or f"known are {known}"
    sized = name in ("truncate", "bucket")
    if sized != (width is not None) or not 0 < int(width or 1) <= _MOST:
        return (
            f"has the partition transform `{transform}`",
            f"write `{name}[16]`" if sized else f"write `{name}`",
        )
    if kind.kind != "any" and kind.kind not in TRANSFORMS[name]:
        suits = [key for key, kinds in TRANSFORMS.items() if kind.kind in kinds]
        return (
            f"is a {kind} and cannot be partitioned by `{transform}`",
            f"for a {kind.kind} use {', '.join(suits)}" if suits else "partition by a plain column",
        )
    return None
