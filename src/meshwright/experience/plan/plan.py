"""A plan is a value: `explain` prints it, `apply` executes it, a file keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from meshwright.errors import Problem
from meshwright.experience.builds import Build
from meshwright.experience.plan.changes import Change, ProductChange
from meshwright.model.address import ProductKey
from meshwright.model.product import Bundle
from meshwright.provisioning.registry import AppliedDomain


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

    `base` is the `base_digest` of what the plan was made against: an environment in which it differs
    has moved. `repository` is the tree's, `owned` its domains; the plan touches no other. `bundles` and
    `domains` are the declarations to store, so that applying a saved plan applies what was
    reviewed. `allowed` holds the reasons given for what is otherwise refused (`breaking`,
    `destroy`).
    """

    mesh: str
    repository: str
    environment: str
    base: str
    owned: tuple[str, ...]
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
    def declarations(self) -> tuple[Change, ...]:
        """The changes but for the builds: what depends on the declarations and the base alone."""
        return tuple(change for change in self.changes if not isinstance(change, Build))

    @property
    def products(self) -> tuple[ProductChange, ...]:
        """The products whose declarations are stored or forgotten."""
        return tuple(change for change in self.changes if isinstance(change, ProductChange))

    @property
    def builds(self) -> tuple[Build, ...]:
        """The builds, upstream first."""
        return tuple(change for change in self.changes if isinstance(change, Build))


def built(plan: Plan) -> frozenset[ProductKey]:
    """The products that the plan builds."""
    return frozenset(build.product for build in plan.builds)
