"""A lookback that means nothing.

## What it does
Checks the custom property `lookback` of a source's object: it needs a `cursor`; it is a span of time
for a date or timestamp, a number for a numeric cursor.

## Why is this bad
The lookback says how far back late rows are still found. One that is ignored or misread loses rows.

## Example
```yaml
customProperties:
  - {vendor: meshwright, property: cursor, value: updated_at}
  - {vendor: meshwright, property: lookback, value: 2 fortnights}
```

## What to do instead
Write `2 hours`, `1 day`, `2 weeks`; or a number such as `1000` when the cursor is a number.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.errors import InputError, Problem
from meshwright.experience.rules.places import custom_place, owned_sources
from meshwright.model.contract import ContractObject
from meshwright.model.mesh import Mesh
from meshwright.model.types import INTEGERS, column_type

CODE = "MW123"

_NUMBERS = frozenset({*INTEGERS, "decimal", "float", "double"})
_TIMES = frozenset({"date", "timestamp", "timestamptz"})


def check(mesh: Mesh) -> Iterator[Problem]:
    """Lookbacks that cannot be applied to their cursor."""
    for contract, obj in owned_sources(mesh):
        if "lookback" not in obj.custom:
            continue
        wrong = _wrong(obj)
        if wrong is not None:
            yield Problem(
                CODE,
                wrong[0],
                file=contract.file,
                path=custom_place(contract.document, obj.path, "lookback"),
                hint=wrong[1],
            )


def _wrong(obj: ContractObject) -> tuple[str, str | None] | None:
    from meshwright.provisioning.increments import parse_lookback  # costs what Arrow costs to import

    value = obj.custom["lookback"]
    try:
        parse_lookback(value)
    except InputError as error:
        return f"{error.what} (object `{obj.name}`)", error.way_out
    if "cursor" not in obj.custom:
        return f"`{obj.name}` has a lookback but no cursor", "add the custom property `cursor`"
    prop = obj.find(str(obj.custom["cursor"]))
    kind = column_type(prop).kind if prop else "any"
    is_time = isinstance(value, str) and any(letter.isalpha() for letter in value)
    if kind == "string":
        return (
            f"`{obj.name}` has a lookback, but its cursor is text, from which nothing can be subtracted",
            "remove the lookback, or choose a cursor of numbers, dates or timestamps",
        )
    if kind in _TIMES and not is_time:
        return (
            f"the lookback `{value}` of `{obj.name}` has no unit, but its cursor is a {kind}",
            'write a span such as "2 hours" or "1 day"',
        )
    if kind in _NUMBERS and is_time:
        return (
            f"the lookback `{value}` of `{obj.name}` is a span of time, but its cursor is a number ({kind})",
            "write a number",
        )
    return None
