"""A deprecated product without a sunset date.

## What it does
Looks for products with status `deprecated` that have no custom property `sunset`, and for sunsets that
are no date (`2027-06-30`).

## Why is this bad
Consumers can plan their move only when they know until when the product serves.

## Example
```yaml
status: deprecated
```

## What to do instead
```yaml
status: deprecated
customProperties:
  - {vendor: meshwright, property: sunset, value: "2027-06-30"}
  - {vendor: meshwright, property: successor, value: brokerage/deals_v2}
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from meshwright.errors import Problem
from meshwright.experience.rules.places import custom_place, owned
from meshwright.model.mesh import Mesh

CODE = "MW302"


def check(mesh: Mesh) -> Iterator[Problem]:
    """Deprecated products whose end is not known."""
    for product in owned(mesh):
        if product.sunset is None:
            if product.status == "deprecated":
                yield Problem(
                    CODE,
                    f"{product.key} is deprecated but has no sunset date",
                    file=product.file,
                    path="status",
                    hint='add the custom property `sunset` with a date, for example "2027-06-30"',
                )
        elif not _is_date(product.sunset):
            yield Problem(
                CODE,
                f"the sunset `{product.sunset}` of {product.key} is no date",
                file=product.file,
                path=custom_place(product.document, "", "sunset"),
                hint="write it as YYYY-MM-DD, for example 2027-06-30",
            )


def _is_date(text: object) -> bool:
    if not isinstance(text, str) or not re.match(r"\d{4}-\d{2}-\d{2}\Z", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
