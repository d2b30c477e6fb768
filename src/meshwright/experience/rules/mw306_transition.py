"""A lifecycle transition that is not allowed.

## What it does
Compares the `status` of a product with the one it was last applied with.

| from | to |
| --- | --- |
| proposed | draft, active, retired |
| draft | proposed, active, retired |
| active | deprecated |
| deprecated | active, retired |
| retired | nothing |

## Why is this bad
Consumers rely on an active product. It ends in two steps, so that they are told and have time until the
sunset; and what is retired does not come back under the same address with another meaning.

## Example
A product goes from `active` to `retired` in one plan.

## What to do instead
Make it `deprecated` with a sunset date first, and `retired` when that day has come.
"""

from __future__ import annotations

from meshwright.errors import Problem
from meshwright.model.product import STATUSES, TRANSITIONS

CODE = "MW306"


def check_transition(
    old_status: str | None,
    new_status: str,
    *,
    subject: str = "the product",
    file: str | None = None,
    successor: str | None = None,
) -> Problem | None:
    """The problem with going from one status to another; None when that is allowed.

    `old_status` is None for a product that was never applied: any status may be its first.
    `subject` and `successor` go into the words.
    """
    if old_status is None or old_status == new_status:
        return None
    allowed = TRANSITIONS.get(old_status)
    if allowed is None or new_status in allowed:
        return None
    if not allowed:
        hint = f"its successor is {successor}" if successor else "declare a new product instead"
    elif (old_status, new_status) == ("active", "retired"):
        hint = "make it deprecated with a sunset date first"
    else:
        hint = f"from {old_status} it can become {', '.join(s for s in STATUSES if s in allowed)}"
    return Problem(
        CODE,
        f"{subject} cannot go from {old_status} to {new_status}",
        file=file,
        path="status",
        hint=hint,
    )
