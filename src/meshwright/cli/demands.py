"""What policies demand: as this tree's files say, as it is applied, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import typer

from meshwright.errors import DocumentError, MeshwrightError, Problem
from meshwright.provisioning.registry import AppliedPolicies

if TYPE_CHECKING:
    from meshwright.experience.cache import Cache
    from meshwright.experience.load import RawTree
    from meshwright.experience.plan.plan import Plan
    from meshwright.experience.plan.policies import Verdicts
    from meshwright.experience.runs.run import RunOutcome
    from meshwright.model.address import ProductKey
    from meshwright.model.mesh import Mesh
    from meshwright.model.product import Bundle, Environment
    from meshwright.provisioning.registry import AppliedDomain, EnvironmentState, Registry
    from meshwright.provisioning.tables import Tables
    from meshwright.supervision.metamodel.tables import MeshTables


class Around(Protocol):
    """What this takes of a workspace."""

    root: Path
    raw: RawTree
    environment: Environment
    cache: Cache
    applied: bool
    kept: Plan | None

    @property
    def scratch(self) -> Path: ...
    @property
    def state(self) -> EnvironmentState: ...
    @property
    def gone(self) -> frozenset[str]: ...
    @property
    def mesh(self) -> Mesh: ...
    @property
    def registry(self) -> Registry: ...
    @property
    def tables_engine(self) -> Tables: ...

    def now(self) -> str: ...
    def mesh_tables(self, names: Iterable[str]) -> MeshTables: ...
    def lineages(self, bundles: Sequence[Bundle]) -> Mapping[ProductKey, str]: ...
    def owned_domains(self) -> Sequence[AppliedDomain]: ...


@dataclass
class Demands:
    """The policies that concern a workspace."""

    workspace: Around

    @cached_property
    def _library(self) -> Mapping[str, tuple[str, bytes]]:
        """The policies that the package brings."""
        if "policies" not in self.workspace.raw.settings.document:
            return {}
        from meshwright.supervision.policy.library import library

        return library()

    @cached_property
    def declared(self) -> Mapping[str, AppliedPolicies]:
        """The policies and waivers that this tree's files declare, by owner.

        Raises:
            DocumentError: every problem of them.
        """
        if self.problems:
            raise DocumentError(self.problems)
        return self._read[0]

    @property
    def problems(self) -> Sequence[Problem]:
        """What is wrong with the files of policies and waivers."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[Mapping[str, AppliedPolicies], list[Problem]]:
        problems: list[Problem] = []
        if not self.workspace.raw.policies and not self._library:
            return {}, problems
        from meshwright.experience.policies import parse_policies

        return parse_policies(self.workspace.raw, self._library, self.workspace.cache, problems), problems

    @cached_property
    def demands(self) -> Mapping[str, AppliedPolicies | None]:
        """The policies that this tree decides about, by owner; None where it wants none."""
        at = self.workspace
        if at.kept is not None:
            return self._kept_demands(at.kept)
        if not self.declared and not at.state.policies:
            return {}
        from meshwright.experience.policies import demanded

        return demanded(at.raw, self.declared, at.state, at.raw.settings.owned | at.gone)

    def _kept_demands(self, plan: Plan) -> Mapping[str, AppliedPolicies | None]:
        from meshwright.experience.plan.changes import PolicyChange

        changed = [change.owner for change in plan.changes if isinstance(change, PolicyChange)]
        return {**dict.fromkeys(changed), **{each.owner: each for each in plan.policies}}

    @cached_property
    def applied(self) -> Mapping[str, AppliedPolicies]:
        """The policies that are in force in the environment, by owner."""
        at = self.workspace
        return at.registry.policies(at.environment.name) if at.state.policies else {}

    def differ(self) -> bool:
        """Whether a plan would change policies: told from digests, without parsing."""
        at = self.workspace
        if not (at.raw.policies or self._library or at.state.policies):
            return False
        from meshwright.experience.policies import differ

        return differ(at.raw, self._library, at.state, at.raw.settings.owned)

    def verdicts(self) -> Verdicts:
        """What judges a plan by the policies."""
        from meshwright.experience.plan.policies import no_policies
        from meshwright.wiring import policy_verdicts

        if not self.demands and not self.applied:
            return no_policies
        at = self.workspace
        mesh = at.raw.settings.name
        return policy_verdicts(at.environment, at.root, at.scratch, mesh, at.now(), at.lineages)

    def tables(self, names: Iterable[str]) -> Mapping[str, Any]:
        """The mesh's own tables as applying this tree's files would make them; or as they are (`applied`)."""
        from meshwright.provisioning.tables import AppliedProduct

        base = self.workspace.mesh_tables(names)
        if self.workspace.applied:
            return base.tables
        mesh, state = self.workspace.mesh, self.workspace.state
        known = {key: known.digest for key, known in state.products.items() if key.domain in mesh.owned}
        differ = [
            product.bundle
            for key, product in mesh.products.items()
            if key.domain in mesh.owned and product.bundle.digest != known.get(key)
        ]
        lineages = self.workspace.lineages(differ) if "column_edges" in base.names else {}
        return base.overlaid(
            [AppliedProduct.of(bundle, lineages.get(bundle.key)) for bundle in differ],
            [key for key in known if key not in mesh.products],
            self.workspace.owned_domains(),
            self.demands,
        ).tables

    def judge_published(self, outcomes: Iterable[RunOutcome], tell: bool) -> None:
        """Judge what has just been published by the policies that ask for it; `tell` people what is new."""
        published = [outcome.product for outcome in outcomes if outcome.status == "published"]
        at = self.workspace
        if not published or not (at.state.policies or (not at.applied and self.demands)):
            return
        from meshwright.supervision.policy.sweep import judge_published
        from meshwright.wiring import open_readable

        name = at.environment.name
        try:
            found = judge_published(
                published,
                at.registry,
                lambda: open_readable(at.environment, at.root).reading(name),
                name,
                at.raw.settings.name,
                at.tables_engine,
                at.now()[: len("2026-01-31")],
            )
        except MeshwrightError as error:  # it is published; a sweep will tell
            typer.echo(f"! policies were not judged: {error.what}", err=True)
            return
        if found.new and tell:
            told = "1 new violation" if found.new == 1 else f"{found.new:,} new violations"
            typer.echo(f"! {told} of policies; `mesh policy check --applied` has them")
