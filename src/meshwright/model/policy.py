"""Policies and waivers: what the mesh, or a domain of it, demands, and dated exceptions to that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from meshwright.model.contract import Document

Severity = Literal["error", "warning", "info"]
Moment = Literal["plan", "publish", "continuous"]

MESH = "mesh"
"""The owner and the scope of what holds for the whole mesh; no domain may have this name."""

WHEN: tuple[Moment, ...] = ("plan", "continuous")
"""When a policy is judged that does not say."""


@dataclass(frozen=True, slots=True)
class Example:
    """Rows of tables of the mesh, and the addresses at which a policy finds a violation in them."""

    name: str
    given: Mapping[str, Sequence[Mapping[str, Any]]]
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule: the rows of `query` over the mesh's tables are violations, with `address` and `reason`.

    `owner` is `mesh` or the domain whose file it is; `scope` is where its violations count, `mesh` or a
    domain. `line` is that of `file` on which the query begins.
    """

    id: str
    owner: str
    scope: str
    title: str
    severity: Severity
    why: str
    fix: str
    query: str
    when: tuple[Moment, ...] = WHEN
    file: str = ""
    line: int = 1
    examples: tuple[Example, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """What it is called in the whole mesh: `id`, or `domain/id`."""
        return self.id if self.owner == MESH else f"{self.owner}/{self.id}"


@dataclass(frozen=True, slots=True)
class Waiver:
    """Who lets something break a policy, why, and until when (the last day, ISO 8601).

    `policy` is the policy's name; `owner` is `mesh` or the domain whose file it is.
    """

    policy: str
    address: str
    reason: str
    approver: str
    expires: str
    owner: str = MESH
    file: str = ""

    def covers(self, address: str) -> bool:
        """Whether it is about an address: its own, or one below it."""
        return is_within(address, self.address)

    def expired(self, today: str) -> bool:
        """Whether its last day is before `today` (ISO 8601)."""
        return self.expires < today


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The policies and waivers of the mesh, or of one domain, as their `repository` declares them."""

    owner: str
    repository: str
    policies: tuple[Policy, ...] = ()
    waivers: tuple[Waiver, ...] = ()


def is_within(address: str, above: str) -> bool:
    """Whether an address is another one or below it.

    >>> is_within("mesh://m/d/p/out@1#o.c", "mesh://m/d/p"), is_within("mesh://m/d/p2", "mesh://m/d/p")
    (True, False)
    """
    if not address.startswith(above):
        return False
    rest = address[len(above) :]
    return not rest or rest[0] in "/@#.[{"


def domain_of(address: str) -> str | None:
    """The domain that an address is of.

    >>> domain_of("mesh://m/d/p/out@1#o.c"), domain_of("nothing")
    ('d', None)
    """
    parts = address.split("/")
    return parts[3] if len(parts) > 3 and parts[0] == "mesh:" and parts[3] else None


def product_of(address: str) -> str | None:
    """The product (`domain/product`) that an address is of; None for that of a domain.

    >>> product_of("mesh://m/d/p/out@1#o.c"), product_of("mesh://m/d")
    ('d/p', None)
    """
    parts = address.split("/")
    return f"{parts[3]}/{parts[4]}" if domain_of(address) and len(parts) > 4 else None


def read_set(owner: str, repository: str, document: Mapping[str, Any]) -> PolicySet:
    """What `set_document` wrote, read."""
    return PolicySet(
        owner,
        repository,
        tuple(_policy(owner, entry) for entry in document["policies"]),
        tuple(_waiver(owner, entry) for entry in document["waivers"]),
    )


def set_document(
    policies: Sequence[tuple[str, int, Document]], waivers: Sequence[tuple[str, Document]]
) -> Mapping[str, Any]:
    """Documents of policies (with file and the first line of the query) and of waivers (with file)."""
    return {
        "policies": [{"file": f, "line": line, "document": document} for f, line, document in policies],
        "waivers": [{"file": file, "document": document} for file, document in waivers],
    }


def _policy(owner: str, entry: Mapping[str, Any]) -> Policy:
    document = entry["document"]
    examples = document.get("examples") or {}
    return Policy(
        id=document["policy"],
        owner=owner,
        scope=document.get("scope", owner),
        title=document["title"],
        severity=document["severity"],
        why=document["why"],
        fix=document["fix"],
        query=document["query"],
        when=tuple(cast("Sequence[Moment]", document.get("when", WHEN))),
        file=entry["file"],
        line=entry["line"],
        examples=(
            *(Example(each["name"], each["given"]) for each in examples.get("pass", ())),
            *(
                Example(each["name"], each["given"], frozenset(each["addresses"]))
                for each in examples.get("fail", ())
            ),
        ),
    )


def _waiver(owner: str, entry: Mapping[str, Any]) -> Waiver:
    document = entry["document"]
    fields = {name: document[name] for name in ("address", "reason", "approver", "expires")}
    named = document["policy"]
    if owner != MESH and "/" not in named:
        named = f"{owner}/{named}"
    return Waiver(policy=named, owner=owner, file=entry["file"], **fields)


Effect = Literal["refused", "told", "waived"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy says of a plan at one address.

    `refused`: the plan may not be applied; `told`: it may, its severity is no error; `waived`: a waiver
    covers it until the day `until`.
    """

    policy: str
    severity: Severity
    address: str
    reason: str
    fix: str
    effect: Effect
    until: str | None = None
