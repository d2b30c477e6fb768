"""A tree, one of its environments, and everything wired to it; each part is loaded when needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from meshwright.errors import DocumentError, InputError, MissingPart, Problem
from meshwright.experience.cache import Cache
from meshwright.experience.load import RawTree, assemble, parse_sound, read_tree
from meshwright.experience.staleness import stale_reasons
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh
from meshwright.model.product import Bundle, Domain, Environment
from meshwright.provisioning.registry import AppliedDomain, EnvironmentState, Registry

if TYPE_CHECKING:
    from meshwright.experience.plan.plan import Plan
    from meshwright.experience.runs.context import Listener, RunContext
    from meshwright.provisioning.ports import Infrastructure


_MAY_FOLLOW = frozenset({"MW103", "MW105", "MW204", "MW307"})
"""Problems that may come of another product's being left out: something is not found."""


def open_workspace(
    context: typer.Context,
    environment: str | None,
    applied: bool = False,
    connect: bool = True,
    kept: Plan | None = None,
) -> Workspace:
    """The workspace of the mesh around the working folder.

    With `applied` its products are those that the registry last applied; with `kept` they are as that
    plan would make them; else those of the tree's files. Without `connect` other trees'
    products are not looked up where there is no registry yet.

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
    return Workspace(root, raw, raw.settings.environments[name], cache, applied, connect, kept)


def find_root(folder: Path) -> Path:
    """The nearest folder at or above `folder` with a mesh.yaml; `folder` itself if there is none."""
    return next((place for place in (folder, *folder.parents) if (place / "mesh.yaml").exists()), folder)


@dataclass
class Workspace:
    """What a command works with."""

    root: Path
    raw: RawTree
    environment: Environment
    cache: Cache
    applied: bool
    connect: bool
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

    @property
    def scratch(self) -> Path:
        """Where runs work: a local folder."""
        return self.root / ".mesh" / self.environment.name / "scratch"

    def state(self) -> EnvironmentState:
        """The environment as it is now."""
        return self.registry.state(self.environment.name)

    def now(self) -> str:
        """The present moment, ISO 8601 in UTC."""
        from meshwright.experience.runs.context import iso, utc_now

        return iso(utc_now())

    def unchanged(self) -> bool:
        """Whether nothing differs and nothing is stale: told from digests, without parsing."""
        state = self.state()
        owned = {key: known for key, known in state.products.items() if key.domain in self.raw.settings.owned}
        if {key: bundle.digest for key, bundle in self.raw.bundles.items()} != {
            key: known.digest for key, known in owned.items()
        }:
            return False
        if any(state.domains.get(name) != d for name, d in self.raw.domain_digests().items()):
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
        stored = self.registry.bundles(self.environment.name)
        left = {key: bundle for key, bundle in stored.items() if key not in gone}
        mesh = self._assembled({**left, **{bundle.key: bundle for bundle in plan.bundles}})
        return replace(mesh, owned=frozenset(plan.owned))

    def checked(self) -> tuple[Mesh, tuple[Problem, ...]]:
        """The mesh as its files declare it, with every problem that reading it and its rules find.

        Products that cannot be read are left out; that others do not find them is no second problem.
        """
        from meshwright.experience.models import analyse_products
        from meshwright.experience.positions import finder
        from meshwright.experience.rules import locate, validate

        tree, unreadable = parse_sound(self.raw, self.cache)
        mesh = self._assembled(self._foreign(), tree.bundles, tree.domains)
        owned = [product for product in mesh.products.values() if product.domain in mesh.owned]
        analyses = analyse_products(owned, mesh, self.cache)
        problems = validate(mesh, analyses)
        if unreadable:
            problems = tuple(problem for problem in problems if problem.code not in _MAY_FOLLOW)
        located = locate(problems, finder(self.root)) if problems else ()
        return mesh, (*unreadable, *located)

    def _foreign(self) -> Mapping[ProductKey, Bundle]:
        """The products of domains that this tree does not own, as last applied."""
        if not self.connect and not self._registry_exists():
            return {}
        state = self.state()
        keys = [key for key in state.products if key.domain not in self.raw.settings.owned]
        return self.registry.bundles(self.environment.name, keys) if keys else {}

    def _registry_exists(self) -> bool:
        place = self.environment.registry.removeprefix("sqlite:///")
        return place != self.environment.registry and Path(place).exists()

    def _assembled(
        self,
        stored: Mapping[ProductKey, Bundle],
        own: Mapping[ProductKey, Bundle] | None = None,
        domains: Mapping[str, Domain] | None = None,
    ) -> Mesh:
        return assemble(
            self.raw.settings, (domains or {}).values(), [*(own or {}).values(), *stored.values()]
        )

    def plan(self, allow_breaking: str | None, allow_destroy: bool) -> Plan:
        """What would change in the environment."""
        from meshwright.experience.models import analyse_product
        from meshwright.experience.plan.make import Request, make_plan

        mesh, state = self.mesh, self.state()
        owned = [key for key in state.products if key.domain in mesh.owned]
        differ = [
            key
            for key in owned
            if key not in mesh.products or mesh.products[key].bundle.digest != state.products[key].digest
        ]
        stored = self.registry.bundles(self.environment.name, differ) if differ else {}
        return make_plan(
            Request(
                mesh=mesh,
                state=state,
                applied=self._assembled(stored).products,
                domains=self._domains(),
                now=self.now(),
                analyse=lambda product, mesh: analyse_product(product, mesh, self.cache),
                warnings=[*self._problems, *self._not_isolated(mesh)],
                allow_breaking=allow_breaking,
                allow_destroy=allow_destroy,
            )
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

    def _domains(self) -> Sequence[AppliedDomain]:
        if self.kept is not None:
            return self.kept.domains
        digests = self.raw.domain_digests()
        return [AppliedDomain(name, d, self.mesh.domains[name].document) for name, d in digests.items()]

    def run_context(self, listener: Listener | None = None, clean: bool = True) -> RunContext:
        """What runs work with; what dead runs left behind is removed first, unless `clean` is false."""
        from meshwright.experience.runs.context import RunContext, no_listener
        from meshwright.experience.runs.maintenance import clean_up

        context = RunContext(
            mesh=self.mesh,
            environment=self.environment,
            registry=self.registry,
            infrastructure=self.infrastructure,
            scratch=self.scratch,
            cache=self.cache,
            listener=listener or no_listener,
            reopen=self._reopen,
        )
        if clean:
            clean_up(context)
        return context

    def _reopen(self) -> tuple[Registry, Infrastructure]:
        from meshwright.wiring import WiredInfrastructure, open_registry

        infrastructure = WiredInfrastructure(self.environment, self.root, self.scratch)
        return open_registry(self.environment, self.root), infrastructure

    def owned_key(self, text: str) -> ProductKey:
        """The product that a person means, which must be of a domain that this tree owns.

        Raises:
            InputError: there is none, there are several, or it is another tree's.
        """
        key = self.product_key(text)
        if key.domain not in self.mesh.owned:
            raise InputError(
                f"{key} is known from the registry: this tree does not own domain `{key.domain}`",
                way_out=f"do it in the tree that does, or add `{key.domain}` to `domains` in mesh.yaml",
            )
        return key

    def product_key(self, text: str) -> ProductKey:
        """The product that a person means: DOMAIN/PRODUCT, DOMAIN.PRODUCT, an address, or a lone name.

        Raises:
            InputError: there is none, or there are several.
        """
        from difflib import get_close_matches

        keys = [key for key, product in self.mesh.products.items() if self.mesh.sees(product)]
        if text.isidentifier():
            named = [key for key in keys if key.product == text]
            if len(named) == 1:
                return named[0]
            if named:
                raise InputError(
                    f"`{text}` is the name of several products", way_out=f"say {' or '.join(map(str, named))}"
                )
        else:
            key = ProductKey.parse(text.split("@")[0])
            if text.startswith("mesh://") and text.split("/")[2] != self.mesh.name:
                raise InputError(f"`{text}` is of another mesh", way_out=f"this is `{self.mesh.name}`")
            if key in keys:
                return key
        close = get_close_matches(text, [*map(str, keys), *(key.product for key in keys)], 1)
        raise InputError(
            f"there is no product `{text}`" + (f" in {self.environment.name}" if self.applied else ""),
            way_out=f"did you mean {close[0]}?" if close else "`mesh list` shows what there is",
        )
