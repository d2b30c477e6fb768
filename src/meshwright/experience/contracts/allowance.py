"""How many broken rows a contract's object lets a run put into quarantine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many rows of one run and object may be put aside; None: any number, but never all of them."""

    rows: int | None = None
    percent: float | None = None

    def excess(self, broken: int, of: int) -> str | None:
        """Why so many rows are too many; None when they are not."""
        if broken == of:
            return f"all {of:,} rows are broken"
        if self.rows is not None and broken > self.rows:
            return f"{broken:,} rows are broken, and `maxRows` is {self.rows:,}"
        if self.percent is not None and broken * 100 > self.percent * of:
            return f"{broken:,} of {of:,} rows are broken, and `maxPercent` is {self.percent:g}"
        return None


class NoAllowance(ValueError):
    """A declaration of quarantine means nothing; the message says why."""


def allowance(declared: Any) -> Allowance | None:
    """What the custom property `quarantine` of a contract's object allows; None: nothing.

    Raises:
        NoAllowance: it is neither true, false nor an object with `maxRows` and `maxPercent`.
    """
    if declared is None or declared is False:
        return None
    if declared is True:
        return Allowance()
    if not isinstance(declared, Mapping) or not declared:
        raise NoAllowance(f"`{declared}` is neither true nor false nor an object of `maxRows`, `maxPercent`")
    for name in declared:
        if name not in ("maxRows", "maxPercent"):
            raise NoAllowance(f"`{name}` is none of `maxRows`, `maxPercent`")
    rows, percent = declared.get("maxRows"), declared.get("maxPercent")
    if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or rows < 0):
        raise NoAllowance(f"`maxRows` is `{rows}`, and must be a whole number of rows")
    if percent is not None and (
        isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= 100
    ):
        raise NoAllowance(f"`maxPercent` is `{percent}`, and must be between 0 and 100")
    return Allowance(rows, percent)
