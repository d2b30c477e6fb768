"""A tree, one of its environments, and everything wired to it; each part is loaded when needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from meshwright.cli.options import find_root
from meshwright.errors import (
    Conflict,
    DocumentError,
    InputError,
    MissingPart,
    Problem,
)
from meshwright.experience.cache import Cache
from meshwright.experience.load import RawTree, assemble, parse_sound, read_tree
from meshwright.experience.staleness import stale_reasons
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh
from meshwright.model.policy import MESH
from meshwright.model.product import Bundle, Domain, Environment, Product
from meshwright.provisioning.registry import AppliedDomain, EnvironmentState, Registry

if TYPE_CHECKING:
    from meshwright.cli.demands import Demands
    from meshwright.experience.plan.plan import Plan, Refusal
    from meshwright.experience.runs.context import Listener, RunContext
    from meshwright.experience.runs.nursery import Nursery
    from meshwright.provisioning.ports import Infrastructure
    from meshwright.provisioning.tables import Tables
    from meshwright.supervision.metamodel.tables import MeshTables


_MAY_FOLLOW = frozenset({"MW103", "MW105", "MW204", "MW307"})
"""Problems that may come of another product's being left out: something is not found."""

_READS = 5
"""How often the registry is read anew when others apply between two reads."""


def open_workspace(
    context: typer.Context,
    environment: str | None,
    applied: bool = False,
    connect: bool = True,
    alone: bool = False,
    kept: Plan | None = None,
) -> Workspace:
    """The workspace of the mesh around the working folder.

    With `applied` its products are those that the registry last applied; with `kept` they are as that
    plan would make them; else those of the tree's files. Without `connect` other trees'
    products are not looked up where there is no registry yet; `alone` does so only for input ports that
    this tree cannot resolve.

    Raises:
        InputError: there is no mesh here, or no such environment.
    """
    root = find_root(context.obj.directory)
    cache = Cache.of_user()
    raw = read_tree(root, cache)
    name = environment or raw.settings.default_environment
    if name not in raw.settings.environments:
        raise MissingPart(
            f"there is no environment `{name}`",
            where="mesh.yaml",
            way_out=f"use one of {', '.join(raw.settings.environments)}, or declare it",
        )
    return Workspace(root, raw, raw.settings.environments[name], cache, applied, connect, alone, kept)


@dataclass
class Workspace:
    """What a command works with."""

    root: Path
    raw: RawTree
    environment: Environment
    cache: Cache
    applied: bool
    connect: bool
    alone: bool = False
    kept: Plan | None = None
    workers: int = 2
    _problems: list[Problem] = field(default_factory=list)

    @cached_property
    def registry(self) -> Registry:
        """The environment's registry."""
        from meshwright.wiring import open_registry

        return open_registry(self.environment, self.root)

    @cached_property
    def infrastructure(self) -> Infrastructure:
        """The environment's infrastructure."""
        from meshwright.wiring import WiredInfrastructure

        return WiredInfrastructure(self.environment, self.root, self.scratch)

    def local_infrastructure(self, folder: Path) -> Infrastructure:
        """Infrastructure that works in a folder and touches no environment."""
        from meshwright.wiring import WiredInfrastructure

        return WiredInfrastructure(replace(self.environment, warehouse=str(folder)), self.root, folder)

    @cached_property
    def tables_engine(self) -> Tables:
        """What runs SQL over the mesh's own tables."""
        from meshwright.wiring import tables_engine

        return tables_engine(self.environment, self.scratch)

    @cached_property
    def policies(self) -> Demands:
        """What the tree's files and the environment demand of products."""
        from meshwright.cli.demands import Demands

        return Demands(self)

    def lineages(self, bundles: Sequence[Bundle]) -> Mapping[ProductKey, str]:
        """The column lineage of products of `mesh`, as they would be applied."""
        from meshwright.experience.models import product_lineages

        return product_lineages((self.mesh.products[each.key] for each in bundles), self.mesh, self.cache)

    def mesh_tables(self, names: Iterable[str]) -> MeshTables:
        """The mesh's own tables of these names, and those that they are made from."""
        from meshwright.supervision.metamodel.tables import MeshTables
        from meshwright.wiring import open_readable

        empty = MeshTables.empty(self.raw.settings.name, tuple(names))
        with open_readable(self.environment, self.root).reading(self.environment.name) as reading:
            return empty.refreshed(reading)

    @property
    def scratch(self) -> Path:
        """Where runs work: a local folder."""
        return self.root / ".mesh" / self.environment.name / "scratch"

    @cached_property
    def state(self) -> EnvironmentState:
        """The environment as this command found it."""
        return self.registry.state(self.environment.name)

    @cached_property
    def owned(self) -> frozenset[str]:
        """The domains of this tree and `gone` ones, but for those that another repository owns."""
        settings, owners = self.raw.settings, self.state.owners
        return self.gone | {
            d for d in settings.owned if owners.get(d, settings.repository) == settings.repository
        }

    @cached_property
    def gone(self) -> frozenset[str]:
        """Domains with products that this repository applied, and that are not in the tree any more.

        Only a tree that says what its `repository` is can tell them from those of other trees.
        """
        settings = self.raw.settings
        connected = not self.alone and (self.connect or self._registry_exists())
        if "repository" not in settings.document or not connected:
            return frozenset()
        served = {key.domain for key in self.state.products}
        owners = self.state.owners
        return frozenset(
            d for d in served - settings.owned if d in owners and owners[d] == settings.repository
        )

    def now(self) -> str:
        """The present moment, ISO 8601 in UTC."""
        from meshwright.experience.runs.context import iso, utc_now

        return iso(utc_now())

    def unchanged(self) -> bool:
        """Whether nothing differs and nothing is stale: told from digests, without parsing."""
        state = self.state
        if self.gone or self.owned != self.raw.settings.owned:
            return False
        owned = {key: known for key, known in state.products.items() if key.domain in self.owned}
        if {key: bundle.digest for key, bundle in self.raw.bundles.items()} != {
            key: known.digest for key, known in owned.items()
        }:
            return False
        if any(state.domains.get(name) != d for name, d in self.raw.domain_digests().items()):
            return False
        if self.policies.differ():
            return False
        now = self.now()
        return not any(
            stale_reasons(state, key, known.digest, None, (), now)
            for key, known in owned.items()
            if known.status != "retired"
        )

    @cached_property
    def mesh(self) -> Mesh:
        """The mesh, valid by its rules where its files are read.

        Raises:
            DocumentError: every problem of every file.
        """
        if self.applied:
            return self._assembled(self.registry.bundles(self.environment.name))
        if self.kept is not None:
            return self._kept_mesh(self.kept)
        mesh, problems = self.checked()
        errors = [problem for problem in problems if problem.severity == "error"]
        if errors:
            raise DocumentError(errors)
        self._problems = [problem for problem in problems if problem.severity != "error"]
        return mesh

    def _kept_mesh(self, plan: Plan) -> Mesh:
        gone = {change.product for change in plan.products if change.action == "remove"}
        left = {key: bundle for key, bundle in self._stored.items() if key not in gone}
        mesh = self._assembled({**left, **{bundle.key: bundle for bundle in plan.bundles}})
        return replace(mesh, owned=frozenset(plan.owned))

    def kept_problems(self, plan: Plan) -> Iterator[Refusal]:
        """What the rules have against a kept plan in the environment as it has become."""
        from meshwright.experience.models import analyse_products
        from meshwright.experience.plan.plan import Refusal
        from meshwright.experience.rules import validate

        mesh = self.mesh
        products = [mesh.products[bundle.key] for bundle in plan.bundles]
        folders = tuple(f"{bundle.folder}/" for bundle in plan.bundles)
        found = validate(mesh, analyse_products(products, mesh, self.cache))
        for problem in (*found, *self._dashboard_problems(products)):
            if problem.severity == "error" and (problem.file or "").startswith(folders):
                hint = problem.hint or "mend it, and make the plan again"
                yield Refusal(problem.code, problem.file or plan.mesh, problem.message, hint)

    def checked(self) -> tuple[Mesh, tuple[Problem, ...]]:
        """The mesh as its files declare it, with every problem that reading it and its rules find.

        Products that cannot be read are left out; that others do not find them is no second problem.
        """
        from meshwright.experience.models import analyse_products
        from meshwright.experience.positions import finder
        from meshwright.experience.rules import locate, validate

        tree, unreadable = parse_sound(self.raw, self.cache)
        ours = self.raw.settings.owned | self.gone
        mesh = self._assembled({}, tree.bundles, tree.domains)
        if not self.alone or any(not found for found in mesh.targets.values()):
            foreign = {key: bundle for key, bundle in self._stored.items() if key.domain not in ours}
            mesh = self._assembled(foreign, tree.bundles, tree.domains) if foreign else mesh
        owned = [product for product in mesh.products.values() if product.domain in mesh.owned]
        analyses = analyse_products(owned, mesh, self.cache)
        problems = (*validate(mesh, analyses), *self._dashboard_problems(owned))
        if unreadable:
            problems = tuple(problem for problem in problems if problem.code not in _MAY_FOLLOW)
        problems = (*self.policies.problems, *problems)
        located = locate(problems, finder(self.root)) if problems else ()
        return replace(mesh, owned=ours), (*unreadable, *located)

    def _dashboard_problems(self, products: Sequence[Product]) -> tuple[Problem, ...]:
        if not any(path.startswith("dashboards/") for each in products for path in each.bundle.documents):
            return ()
        from meshwright.experience.dashboards.judge import dashboard_problems

        def engine() -> Tables:
            from meshwright.wiring import binding_engine

            return binding_engine()

        return dashboard_problems(products, engine, self.cache)

    @cached_property
    def _stored(self) -> Mapping[ProductKey, Bundle]:
        """The applied products that a plan needs, as they were at the moment of `state`.

        Raises:
            Conflict: others apply all the time.
        """
        if not self.connect and not self._registry_exists():
            return {}
        for _ in range(_READS):
            wanted = {key: known.digest for key, known in self.state.products.items() if self._needed(key)}
            found = self.registry.bundles(self.environment.name, wanted) if wanted else {}
            if {key: bundle.digest for key, bundle in found.items()} == wanted:
                return found
            for moved in ("state", "owned"):
                self.__dict__.pop(moved, None)
        raise Conflict(
            f"environment `{self.environment.name}` changes while it is read",
            why="others apply at the same time",
            way_out="do it again when they are done",
        )

    def _needed(self, key: ProductKey) -> bool:
        """Whether a plan looks into an applied product: not where this tree declares the same."""
        raw = self.raw.bundles.get(key)
        return self.kept is not None or raw is None or raw.digest != self.state.products[key].digest

    def _registry_exists(self) -> bool:
        place = self.environment.registry.removeprefix("sqlite:///")
        return place != self.environment.registry and Path(place).exists()

    def _assembled(
        self,
        stored: Mapping[ProductKey, Bundle],
        own: Mapping[ProductKey, Bundle] | None = None,
        domains: Mapping[str, Domain] | None = None,
    ) -> Mesh:
        bundles = sorted([*(own or {}).values(), *stored.values()], key=lambda bundle: bundle.key)
        return assemble(self.raw.settings, (domains or {}).values(), bundles)

    def plan(self, allow_breaking: str | None, allow_destroy: bool, take_over: Collection[str] = ()) -> Plan:
        """What would change in the environment.

        Raises:
            InputError: a domain to take over is none of this tree.
        """
        from meshwright.experience.models import analyse_product
        from meshwright.experience.plan.make import Request, make_plan

        self.must_have_domains(take_over)
        mesh, state = self.mesh, self.state
        differ = {
            key: bundle
            for key, bundle in self._stored.items()
            if key.domain in mesh.owned
            and (key not in mesh.products or mesh.products[key].bundle.digest != bundle.digest)
        }
        return make_plan(
            Request(
                mesh=mesh,
                repository=self.raw.settings.repository,
                state=state,
                applied=self._assembled(differ).products,
                domains=self.owned_domains(),
                now=self.now(),
                analyse=lambda product, mesh: analyse_product(product, mesh, self.cache),
                warnings=[*self._problems, *self._not_isolated(mesh)],
                policies=self.policies.demands,
                policies_applied=self.policies.applied,
                verdicts=self.policies.verdicts(),
                allow_breaking=allow_breaking,
                allow_destroy=allow_destroy,
                take_over=take_over,
            )
        )

    def must_have_domains(self, take_over: Collection[str]) -> None:
        """Domains to take over are of this tree.

        Raises:
            InputError: one is not.
        """
        owned = self.mesh.owned if self.kept is not None else self.raw.settings.owned
        for domain in take_over:
            if domain == MESH and self.policies.demands.get(MESH) is not None:
                continue
            if domain not in owned:
                raise InputError(
                    f"this tree has no domain `{domain}` to take over",
                    way_out=f"it has {', '.join(sorted(owned)) or 'none'}; see `domains` in mesh.yaml",
                )

    def _not_isolated(self, mesh: Mesh) -> Iterator[Problem]:
        """A warning for each Python model of this tree that would run without isolation here."""
        models = [
            (product, model)
            for product in mesh.products.values()
            for model in product.models
            if model.language == "python" and product.domain in mesh.owned
        ]
        if not models or self.infrastructure.python.isolated:
            return
        for product, model in models:
            message = f"a Python model of {product.key} runs here without isolation"
            hint = "Linux with Landlock (5.13 or newer) isolates it"
            yield Problem("MW210", message, file=model.file, hint=hint, severity="warning")

    def owned_domains(self) -> Sequence[AppliedDomain]:
        """The documents of the domains that this tree owns, as they would be stored."""
        repository = self.raw.settings.repository
        if self.kept is not None:
            return [replace(domain, repository=repository) for domain in self.kept.domains]
        documents = self.mesh.domains
        return [
            AppliedDomain(name, digest, documents[name].document, repository)
            for name, digest in self.raw.domain_digests().items()
        ]

    def run_context(self, listener: Listener | None = None, clean: bool = True) -> RunContext:
        """What runs work with; what dead runs left behind is removed first, unless `clean` is false."""
        from meshwright.experience.runs.context import RunContext, no_listener
        from meshwright.experience.runs.maintenance import clean_up
        from meshwright.wiring import open_connections

        context = RunContext(
            mesh=self.mesh,
            environment=self.environment,
            registry=self.registry,
            infrastructure=self.infrastructure,
            scratch=self.scratch,
            cache=self.cache,
            listener=listener or no_listener,
            reopen=partial(open_connections, self.environment, self.root, self.scratch),
        )
        if clean:
            clean_up(context)
        return context

    @contextmanager
    def nursery(self, products: int) -> Iterator[Nursery | None]:
        """What loads the adapters from now on, where so many products are built in processes."""
        from meshwright.experience.runs.crew import ENOUGH
        from meshwright.experience.runs.nursery import Nursery, forks_safely
        from meshwright.wiring import load_adapters

        if products < ENOUGH or self.workers < 2 or not forks_safely():
            yield None
            return
        with Nursery(load_adapters) as nursery:
            yield nursery
