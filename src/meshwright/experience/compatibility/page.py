"""Writes docs/compatibility.md: `python -m meshwright.experience.compatibility.page [FILE]`."""

from __future__ import annotations

import sys
from pathlib import Path

from meshwright.experience.compatibility.kinds import KINDS

_INTRODUCTION = """# Compatibility

When a contract changes, `mesh plan` lists every difference and judges it for the consumers. A change is
breaking when a guarantee that a consumer may rely on gets weaker (a required column becomes nullable, a
quality rule is loosened), and when what was published may no longer fit (a type gets narrower, an enum
shrinks, a column becomes required).

A breaking change needs a new major version: serve it as a port of its own next to the old one, deprecate the
old one, and let consumers move. Without a new major version the plan is refused; `--allow-breaking` with a
reason lets it through and records it.

The last column says what the change asks of the table: nothing, a change of its Iceberg schema in place, or
a table that is built anew. Fields are optional in Iceberg and `required` is verified, so it never asks for
anything. In place go: new, removed, renamed (by `id`) and reordered columns, int to long, float to double,
decimals with more digits before the point, descriptions, and other partitions for new files.
"""

_CLOSING = """
Finer points:

- A quality rule whose severity is `warning` or `info` promises nothing: dropping it breaks nobody.
- Rules are recognised by their `id`, then their `name`, then by what they measure; columns by their name in
  data, then by their `id`.
- A service level with a value that cannot be compared with the old one counts as worse. Levels whose names
  the standard does not list are shown and not judged.
- A column that had no type and gets one breaks nobody; the other way round it does.
- A consumer is hit when its model uses a column involved. Where that is not known, it counts as hit.
"""


def rendered() -> str:
    """The page."""
    rows = ["| change | for consumers | what it means | table |", "| --- | --- | --- | --- |"]
    for kind in KINDS.values():
        judged = "**breaking**" if kind.breaking else "compatible"
        rows.append(f"| `{kind.name}` | {judged} | {kind.meaning} | {kind.evolution} |")
    return _INTRODUCTION + "\n" + "\n".join(rows) + "\n" + _CLOSING


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else "docs/compatibility.md").write_text(
        rendered(), encoding="utf-8"
    )
