"""A plan is a value: `explain` prints it, `apply` executes it, a file keeps it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from meshwright.errors import InputError, Problem
from meshwright.experience.builds import Build
from meshwright.experience.load import bundle_from_json, bundle_to_json
from meshwright.experience.plan.changes import Change, change_from_json, change_to_json
from meshwright.model.address import ProductKey
from meshwright.model.product import Bundle
from meshwright.provisioning.registry import AppliedDomain, EnvironmentState

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a plan may not be applied, and the way out."""

    code: str
    subject: str
    message: str
    way_out: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would change in an environment.

    `base` is the digest of what the plan was made against: an environment in which it differs
    has moved. `bundles` and `domains` are the declarations to store, so that applying a saved
    plan applies what was reviewed. `allowed` holds the reasons given for what is otherwise
    refused (`breaking`, `destroy`).
    """

    mesh: str
    environment: str
    base: str
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[Problem, ...] = ()
    bundles: tuple[Bundle, ...] = field(default=(), repr=False)
    domains: tuple[AppliedDomain, ...] = field(default=(), repr=False)
    allowed: Mapping[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes and not self.refusals

    @property
    def builds(self) -> tuple[Build, ...]:
        """The builds, upstream first."""
        return tuple(change for change in self.changes if isinstance(change, Build))


def base_digest(state: EnvironmentState) -> str:
    """A digest of everything in an environment that a plan depends on.

    That are the applied declarations, statuses and pins; not the publications, so that a plan
    stays valid while scheduled runs publish.
    """
    facts = [
        sorted((str(key), p.digest, p.status, p.pinned) for key, p in state.products.items()),
        sorted(state.domains.items()),
    ]
    return hashlib.blake2b(json.dumps(facts).encode(), digest_size=16).hexdigest()


def plan_to_json(plan: Plan, with_bundles: bool = True) -> dict[str, Any]:
    """The plan as plain data; without bundles it is for reading, not for applying."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "mesh": plan.mesh,
        "environment": plan.environment,
        "base": plan.base,
        "changes": [change_to_json(change) for change in plan.changes],
        "refusals": [{name: getattr(r, name) for name in r.__slots__} for r in plan.refusals],
        "warnings": [warning.as_json() for warning in plan.warnings],
        "allowed": dict(plan.allowed),
    }
    if with_bundles:
        data["bundles"] = [bundle_to_json(bundle) for bundle in plan.bundles]
        data["domains"] = [{"name": d.name, "digest": d.digest, "document": d.document} for d in plan.domains]
    return data


def plan_from_json(text: str, where: str) -> Plan:
    """Read a saved plan.

    Raises:
        InputError: it is no plan, or one of another version of Meshwright.
    """
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise InputError(
                f"the plan has format {data['format']}, this is format {FORMAT}",
                where=where,
                way_out="make the plan again with `mesh plan --out`",
            )
        return Plan(
            mesh=data["mesh"],
            environment=data["environment"],
            base=data["base"],
            changes=tuple(change_from_json(change) for change in data["changes"]),
            refusals=tuple(Refusal(**refusal) for refusal in data["refusals"]),
            warnings=tuple(Problem(**warning) for warning in data["warnings"]),
            bundles=tuple(bundle_from_json(bundle) for bundle in data["bundles"]),
            domains=tuple(AppliedDomain(**domain) for domain in data["domains"]),
            allowed=data["allowed"],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "this is no plan file",
            where=where,
            why=str(error),
            way_out="make one with `mesh plan --out FILE`",
        ) from error


def built(plan: Plan) -> frozenset[ProductKey]:
    """The products that the plan builds."""
    return frozenset(build.product for build in plan.builds)
