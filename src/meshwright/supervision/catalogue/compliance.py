"""How far the mesh keeps its policies: what they find in it now, with what was recorded of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from meshwright.model.policy import Policy, Waiver, domain_of, product_of
from meshwright.provisioning.tables import Tables
from meshwright.supervision.metamodel.tables import MeshTables
from meshwright.supervision.policy.assess import WrongWaiver, assess, sets_of
from meshwright.supervision.policy.engine import Failure
from meshwright.supervision.policy.score import Score, mean_by_domain, scores

SEVERITIES = ("error", "warning", "info")
"""The gravest first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation; `first_seen` is when a sweep or a publication recorded it, None where none did yet."""

    policy: str
    severity: str
    address: str
    domain: str
    product: str | None
    reason: str
    waiver: Waiver | None
    first_seen: datetime | None


@dataclass(frozen=True)
class Compliance:
    """What the policies in force find in one state of the mesh, the gravest first.

    `marks` are the scores of products, and of domains themselves (product None); `means` those of domains.
    `failures` are policies that cannot be judged, `wrong_waivers` waivers that waive nothing.
    """

    policies: Mapping[str, Policy] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    waivers: Sequence[Waiver] = ()
    marks: Mapping[tuple[str, str | None], Score] = field(default_factory=dict)
    means: Mapping[str, float] = field(default_factory=dict)
    failures: Sequence[Failure] = ()
    wrong_waivers: Sequence[WrongWaiver] = ()

    @cached_property
    def biting(self) -> Sequence[Finding]:
        """The findings that no waiver covers."""
        return [each for each in self.findings if each.waiver is None]

    @cached_property
    def counts(self) -> Mapping[tuple[str, str | None], int]:
        """How many of those there are by domain and product."""
        return Counter((each.domain, each.product) for each in self.biting)

    def of(self, domain: str, product: str) -> Sequence[Finding]:
        """The findings in a product, waived ones too."""
        return self._by_product.get((domain, product), ())

    @cached_property
    def _by_product(self) -> Mapping[tuple[str, str | None], Sequence[Finding]]:
        found: dict[tuple[str, str | None], list[Finding]] = {}
        for each in self.findings:
            found.setdefault((each.domain, each.product), []).append(each)
        return found


def compliance(mesh: MeshTables, engine: Tables, today: str) -> Compliance:
    """Judge every policy that is applied, by the tables of a state of the mesh; `today` is ISO 8601."""
    sets = sets_of(mesh.policies.values())
    policies = [policy for each in sets for policy in each.policies]
    if not policies:
        return Compliance()
    found = assess(sets, policies, mesh.tables, engine, mesh.mesh, today)
    products = mesh.tables["products"].select(["domain", "product", "status"]).to_pylist()
    places = [(row["domain"], row["product"]) for row in products if row["status"] != "retired"]
    domains = {*mesh.tables["domains"]["domain"].to_pylist(), *(domain for domain, _ in places)}
    marked = scores(found, domains, places)
    seen = _first_seen(mesh)
    findings = [
        Finding(
            policy=each.policy,
            severity=each.severity,
            address=each.address,
            domain=domain_of(each.address) or "",
            product=(product_of(each.address) or "").partition("/")[2] or None,
            reason=each.reason,
            waiver=found.waiver(each),
            first_seen=seen.get((each.policy, each.address)),
        )
        for each in found.violations
    ]
    findings.sort(key=lambda each: (SEVERITIES.index(each.severity), each.policy, each.address))
    return Compliance(
        policies=found.policies,
        findings=findings,
        waivers=[waiver for each in sets for waiver in each.waivers],
        marks={(score.domain, score.product): score for score in marked},
        means=mean_by_domain(marked),
        failures=found.failures,
        wrong_waivers=found.wrong_waivers,
    )


def _first_seen(mesh: MeshTables) -> Mapping[tuple[str, str], datetime]:
    rows = mesh.tables["violations"].select(["policy", "address", "status", "first_seen"]).to_pylist()
    return {(row["policy"], row["address"]): row["first_seen"] for row in rows if row["status"] == "open"}
