"""The examples of policies, tried: what must keep one keeps it, what must break one breaks it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from meshwright.model.policy import Example, Policy
from meshwright.provisioning.tables import Tables
from meshwright.supervision.metamodel.relations import RELATIONS
from meshwright.supervision.policy.engine import judge, relations_read

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one example of a policy; `problem` is None where it is as it says."""

    policy: str
    example: str
    problem: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {"policy": self.policy, "example": self.example, "problem": self.problem}


def try_examples(policies: Sequence[Policy], engine: Tables, seconds: float) -> Iterator[Tried]:
    """Judge each example of each policy; the mesh of its addresses is the one that they name."""
    for policy in policies:
        for example in policy.examples:
            yield Tried(policy.name, example.name, _problem(policy, example, engine, seconds))


def _problem(policy: Policy, example: Example, engine: Tables, seconds: float) -> str | None:
    tables: dict[str, pa.Table] = {
        name: RELATIONS[name].schema.empty_table() for name in relations_read([policy])
    }
    for name, rows in example.given.items():
        if name not in RELATIONS:
            return f"the mesh has no table `{name}`" + _near(name, list(RELATIONS))
        known = RELATIONS[name].schema.names
        for column in dict.fromkeys(column for row in rows for column in row):
            if column not in known:
                return f"`{name}` has no column `{column}`" + _near(column, known)
        if name not in tables:
            return f"its query does not read `{name}`"
        tables[name] = RELATIONS[name].table(
            {column: [row.get(column) for row in rows] for column in known} if rows else {}
        )
    mesh = _mesh_of(example)
    judgement = judge([policy], tables, engine, mesh, seconds)
    if judgement.failures:
        return judgement.failures[0].message
    found = {violation.address for violation in judgement.violations}
    lacking, over = sorted(example.addresses - found), sorted(found - example.addresses)
    parts = [f"it finds nothing at {', '.join(lacking)}"] if lacking else []
    parts += [f"it finds a violation at {', '.join(over)}"] if over else []
    return ", and ".join(parts) or None


def _near(wrong: str, known: Sequence[str]) -> str:
    close = get_close_matches(wrong, known, 1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _mesh_of(example: Example) -> str:
    """The mesh that the first address of an example names."""
    texts = [*sorted(example.addresses)]
    for rows in example.given.values():
        texts += [value for row in rows for value in row.values() if isinstance(value, str)]
    found = next((text for text in texts if text.startswith("mesh://")), "mesh://m/")
    return found.removeprefix("mesh://").split("/")[0]
