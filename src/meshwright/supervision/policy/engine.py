"""Policies judged: all of them over one set of tables, in one sandboxed session."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from meshwright.errors import SqlError
from meshwright.model.policy import MESH, Policy, Severity, is_within
from meshwright.model.printable import printable
from meshwright.provisioning.tables import TABLES_SCHEMA, Tables, TablesSession
from meshwright.supervision.metamodel.relations import RELATIONS

if TYPE_CHECKING:
    import pyarrow as pa

SECONDS = 10.0
"""How long one policy may take."""

MEMORY = "1GiB"
"""What a session of policies may hold in memory."""

MAX_VIOLATIONS = 1_000_000
"""Rows of one policy; one that gives more is taken for wrong."""

COLUMNS = ("address", "reason")

_WORD = re.compile(r"\w+")
_QUOTED_REASONS = 3


class Violation(NamedTuple):
    """One address that breaks a policy; where the query gives several reasons they are joined."""

    policy: str
    severity: Severity
    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A policy that could not be judged, and why; `line` is that of its file, where it is known."""

    policy: str
    file: str
    line: int | None
    message: str
    way_out: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        hint = f" ({self.way_out})" if self.way_out else ""
        return f"{place}: policy {self.policy} cannot be judged: {self.message}{hint}"

    def as_json(self) -> dict[str, Any]:
        """The failure as plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What policies found; `judged` are the names of those that could be judged."""

    violations: tuple[Violation, ...] = ()
    failures: tuple[Failure, ...] = ()
    judged: frozenset[str] = frozenset()


def relations_read(policies: Iterable[Policy]) -> frozenset[str]:
    """The tables of the mesh that policies may read: those whose names stand in their queries."""
    words = {word.lower() for policy in policies for word in _WORD.findall(policy.query)}
    return frozenset(words & RELATIONS.keys())


def judge(
    policies: Sequence[Policy],
    tables: Mapping[str, pa.Table],
    engine: Tables,
    mesh: str,
    seconds: float = SECONDS,
) -> Judgement:
    """Every violation of these policies in the mesh's tables, by policy and address.

    A query that does not parse, has other columns, reads anything but `mesh.TABLE`, or takes longer
    than `seconds` is a failure of that policy alone. Rows of other domains than the policy's scope do
    not count.
    """
    if not policies:
        return Judgement()
    names = relations_read(policies) & tables.keys()
    offered = {f"{TABLES_SCHEMA}.{name}": tables[name] for name in sorted(names)}
    violations: list[Violation] = []
    failures: list[Failure] = []
    with engine.tables(offered, memory=MEMORY) as session:
        for policy in policies:
            try:
                violations += _violations(policy, session, mesh, seconds)
            except _Wrong as wrong:
                failures.append(wrong.failure)
    wrong_ones = {failure.policy for failure in failures}
    judged = frozenset(policy.name for policy in policies if policy.name not in wrong_ones)
    return Judgement(tuple(violations), tuple(failures), judged)


class _Wrong(Exception):
    def __init__(
        self, policy: Policy, message: str, line: int | None = None, way_out: str | None = None
    ) -> None:
        super().__init__(message)
        place = None if line is None else policy.line + line - 1
        self.failure = Failure(policy.name, policy.file, place or policy.line, message, way_out)


def _violations(policy: Policy, session: TablesSession, mesh: str, seconds: float) -> list[Violation]:
    try:
        rows = session.query(policy.query, policy.file or policy.name, seconds, limit=MAX_VIOLATIONS + 1)
    except SqlError as error:
        overview = "`mesh.TABLE` is what a policy may read; `mesh show mesh/tables` lists them"
        way_out = overview if "domain.product" in (error.way_out or "") else error.way_out
        raise _Wrong(policy, error.what, error.line, way_out) from error
    if tuple(sorted(name.lower() for name in rows.column_names)) != COLUMNS:
        found = ", ".join(f"`{name}`" for name in rows.column_names)
        raise _Wrong(
            policy,
            f"its query has the columns {found}",
            way_out="select `address` and `reason`, and no other",
        )
    if len(rows) > MAX_VIOLATIONS:
        raise _Wrong(policy, f"its query gives more than {MAX_VIOLATIONS:,} rows")
    columns = {name.lower(): rows[name].to_pylist() for name in rows.column_names}
    above = f"mesh://{mesh}/" if policy.scope == MESH else f"mesh://{mesh}/{policy.scope}"
    reasons: dict[str, list[str]] = {}
    for address, reason in zip(columns["address"], columns["reason"], strict=True):
        if not isinstance(address, str) or not address.startswith(f"mesh://{mesh}/"):
            raise _Wrong(
                policy,
                f"its query gives the address {address!r}",
                way_out=f"an address of this mesh starts with mesh://{mesh}/",
            )
        if not isinstance(reason, str) or not reason.strip():
            raise _Wrong(
                policy, f"its query gives no reason for {address}", way_out="say what is wrong there"
            )
        if policy.scope == MESH or is_within(address, above):
            reasons.setdefault(address, []).append(reason)
    return [
        Violation(policy.name, policy.severity, address, _joined(said))
        for address, said in sorted(reasons.items())
    ]


def _joined(reasons: Collection[str]) -> str:
    """Several reasons as one text, the first of them in full."""
    if len(reasons) == 1:
        return printable(" ".join(next(iter(reasons)).split()))
    known = sorted({printable(" ".join(reason.split())) for reason in reasons})
    more = len(known) - _QUOTED_REASONS
    return "; ".join(known[:_QUOTED_REASONS]) + (f"; and {more} more" if more > 0 else "")
