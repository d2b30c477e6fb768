"""How far products and domains keep the policies, and what is missing to full marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meshwright.model.policy import MESH, Policy, Severity, domain_of, product_of
from meshwright.supervision.policy.assess import Assessment

WEIGHTS: Mapping[Severity, int] = {"error": 5, "warning": 2, "info": 1}
"""What a kept policy counts."""


@dataclass(frozen=True, slots=True)
class Score:
    """The marks of a product, or of a domain itself, of 100; `missing` are the policies it breaks."""

    domain: str
    product: str | None
    marks: float
    missing: tuple[str, ...]
    waived: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The score as plain data."""
        return {
            "domain": self.domain,
            "product": self.product,
            "score": round(self.marks, 1),
            "missing": list(self.missing),
            "waived": list(self.waived),
        }


def scores(found: Assessment, domains: Iterable[str], products: Iterable[tuple[str, str]]) -> Sequence[Score]:
    """The scores of domains themselves and of products, by name.

    A policy that holds there counts by its severity (`WEIGHTS`); one that is broken anywhere in the
    product counts nothing, waived or not: a waiver lets something be, and makes nothing better.
    Policies that could not be judged do not count.
    """
    judged = [policy for name, policy in found.policies.items() if name in found.judged]
    broken: dict[tuple[str, str | None], dict[str, bool]] = {}
    for violation in found.violations:
        domain, product = domain_of(violation.address) or "", product_of(violation.address)
        place = broken.setdefault((domain, product and product.partition("/")[2]), {})
        bites = found.waiver(violation) is None
        place[violation.policy] = place.get(violation.policy, False) or bites
    places: list[tuple[str, str | None]] = [*((domain, None) for domain in domains), *products]
    return [
        _score(domain, product, judged, broken.get((domain, product), {}))
        for domain, product in sorted(places, key=lambda place: (place[0], place[1] or ""))
    ]


def _score(domain: str, product: str | None, policies: Sequence[Policy], broken: Mapping[str, bool]) -> Score:
    holding = [policy for policy in policies if policy.scope in (MESH, domain)]
    whole = sum(WEIGHTS[policy.severity] for policy in holding)
    lost = sum(WEIGHTS[policy.severity] for policy in holding if policy.name in broken)
    marks = 100.0 * (whole - lost) / whole if whole else 100.0
    missing = sorted(name for name, bites in broken.items() if bites)
    waived = sorted(name for name, bites in broken.items() if not bites)
    return Score(domain, product, marks, tuple(missing), tuple(waived))


def mean_by_domain(found: Sequence[Score]) -> Mapping[str, float]:
    """The marks of each domain: the mean of its own and of those of its products."""
    by_domain: dict[str, list[float]] = {}
    for score in found:
        by_domain.setdefault(score.domain, []).append(score.marks)
    return {domain: sum(marks) / len(marks) for domain, marks in by_domain.items()}
