"""A contract promises what no run will verify.

## What it does
Warns of what verification skips in the contracts of output ports: a relationship into data that the
product neither makes nor reads, a `format` that is not known, and quality rules of `type: custom`
for another engine than Great Expectations (once for a contract). Rules of `type: text` are for people, and
say so themselves.

## Why is this bad
Consumers read a promise, and nobody looks whether it is kept.

## Example
```yaml
properties:
  - name: customer_id
    relationships:
      - to: crm.customers.customers.id     # no input port reads crm/customers
  - name: mail
    logicalType: string
    logicalTypeOptions: {format: e-mail}   # the format is `email`
```

## What to do instead
Declare an input port that reads the other side of the relationship; write a format that is known, or a
`pattern`; write custom rules as library metrics or as `type: sql`. Or leave it, where the promise is
kept in another way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from meshwright.errors import Problem
from meshwright.experience.contracts.compile import skipped_checks
from meshwright.experience.contracts.custom import RUNNABLE, engine_name
from meshwright.experience.contracts.formats import (
    DISPLAY_FORMATS,
    FLOAT_FORMATS,
    INTEGER_FORMATS,
    TEXT_FORMATS,
)
from meshwright.experience.contracts.surroundings import relations_of, surroundings
from meshwright.experience.rules.places import owned
from meshwright.model.check import CheckSpec
from meshwright.model.contract import Contract
from meshwright.model.mesh import Mesh

CODE = "MW128"


def check(mesh: Mesh) -> Iterator[Problem]:
    """What verification will skip, for each contract of an output port once: warnings."""
    for product in owned(mesh):
        around = surroundings(product, mesh)
        told: dict[Problem, None] = {}
        for port in product.outputs:
            if port.contract is not None:
                skipped = tuple(skipped_checks(port.contract, relations_of(port, around).keys()))
                told |= dict.fromkeys(_problems(port.contract, skipped))
        yield from told


def _problems(contract: Contract, skipped: Sequence[CheckSpec]) -> Iterator[Problem]:
    for spec in skipped:
        if spec.kind == "relationship":
            yield _problem(
                contract,
                spec,
                f"the relationship of `{spec.object}.{spec.column}` will not be verified: "
                f"{spec.arguments['skip']}",
                "declare an input port that reads the other side",
            )
        elif spec.kind == "format" and spec.arguments["format"] not in DISPLAY_FORMATS:
            known = (*TEXT_FORMATS, *INTEGER_FORMATS, *FLOAT_FORMATS)
            close = get_close_matches(str(spec.arguments["format"]), known, 1)
            yield _problem(
                contract,
                spec,
                f"the format of `{spec.object}.{spec.column}` will not be verified: {spec.arguments['skip']}",
                f"did you mean `{close[0]}`?" if close else "write a `pattern`, or a format that is known",
            )
    custom = [
        spec
        for spec in skipped
        if spec.kind == "custom" and engine_name(spec.arguments["engine"]) not in RUNNABLE
    ]
    if custom:
        engines = sorted({str(spec.arguments["engine"] or "another engine") for spec in custom})
        count = f"{len(custom)} custom rule{'s' if len(custom) > 1 else ''}"
        yield _problem(
            contract,
            custom[0],
            f"{count} for {', '.join(engines)} will not be verified: that engine is not run here",
            "write what should stop a publication as a library metric or as `type: sql`",
        )


def _problem(contract: Contract, spec: CheckSpec, message: str, hint: str) -> Problem:
    return Problem(CODE, message, file=contract.file, path=spec.path, hint=hint, severity="warning")
