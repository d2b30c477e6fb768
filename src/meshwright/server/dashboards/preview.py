"""A dashboard while somebody writes it: the product's files as they are, over what is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles

from meshwright.errors import DocumentError, MeshwrightError, Problem
from meshwright.experience.cache import Cache
from meshwright.experience.dashboards.judge import dashboard_problems
from meshwright.experience.dashboards.look import Fault, View, find_dashboard, look
from meshwright.experience.dashboards.objects import dashboards_of
from meshwright.experience.load import parse_bundle, product_of
from meshwright.experience.positions import finder
from meshwright.experience.rules import locate
from meshwright.experience.tree import MeshFiles, RawBundle
from meshwright.model.address import ProductKey
from meshwright.model.product import Product
from meshwright.provisioning.ports import Charts
from meshwright.provisioning.registry import Registry
from meshwright.provisioning.tables import Tables
from meshwright.server.dashboards.asking import asked_of, sizes_for
from meshwright.server.dashboards.render import previewed
from meshwright.server.dashboards.tiles import Size
from meshwright.server.headers import SecurityHeaders

AROUND = 2
"""Lines of a file that are shown before and after the one that is wrong."""


@dataclass(frozen=True)
class Preview:
    """One product of a tree, and the environment over whose publications its dashboards are shown.

    Without a `name` it is the only dashboard, or the first.
    """

    root: Path
    key: ProductKey
    name: str | None
    mesh: str
    environment: str
    registry: Registry
    tables: Callable[[], Tables]
    binding: Callable[[], Tables]
    charts: Charts
    cache: Cache | None = None

    def read(self) -> RawBundle:
        """The product's files as they are now.

        Raises:
            DocumentError: one of them cannot be read.
        """
        files = MeshFiles(self.root)
        raw = files.bundle(self.key.domain, self.key.product)
        if raw is None or files.problems:
            gone = Problem("MW006", f"{self.key} is not there any more", f"domains/{self.key}")
            raise DocumentError(files.problems or [gone])
        return raw

    def version(self) -> str:
        """Changes with the product's files, and with what it publishes."""
        try:
            digest = self.read().digest
        except DocumentError as error:
            digest = str(error)
        current = self.registry.current(self.environment, [self.key]).get(self.key)
        return f"{digest} {current.id if current else ''}"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A problem with the lines around its place: number, text, and whether it is the one."""

    problem: Problem
    lines: Sequence[tuple[int, str, bool]]


def create_app(preview: Preview) -> FastAPI:
    """The application that shows a preview; reading it does no work but for who looks."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(SecurityHeaders)
    app.mount("/static", StaticFiles(directory=str(resources.files("meshwright.server") / "static")))

    @app.get("/")
    def page(request: Request) -> Response:
        return HTMLResponse(
            shown(preview, asked_of(request), sizes_for(request)), headers={"cache-control": "no-store"}
        )

    @app.get("/version")
    def version() -> Response:
        return PlainTextResponse(preview.version(), headers={"cache-control": "no-store"})

    return app


def shown(preview: Preview, asked: Mapping[str, Sequence[str]], sizes: Sequence[Size]) -> str:
    """The page as the files are now: the dashboard, and what speaks against it."""
    version = preview.version()
    problems: Sequence[Problem] = ()
    view: View | None = None
    error: MeshwrightError | None = None
    find = finder(preview.root)
    try:
        product = product_of(parse_bundle(preview.read()))
        problems = locate(dashboard_problems([product], preview.binding), find)
        view = _look(preview, product, asked)
    except DocumentError as wrong:
        problems = wrong.problems
    except MeshwrightError as wrong:
        error = wrong

    def place(fault: Fault) -> str:
        assert view is not None
        file = view.dashboard.file
        here = find(file, fault.path)
        return f"{file}:{here[0]}:{here[1]}" if here else f"{file} at {fault.path}"

    excerpts = [Excerpt(problem, _lines(preview.root, problem)) for problem in problems]
    return previewed(
        view, preview.charts, preview.mesh, preview.environment, place, excerpts, error, version, sizes
    )


def _look(preview: Preview, product: Product, asked: Mapping[str, Sequence[str]]) -> View:
    dashboards = dashboards_of(product)
    name = preview.name
    if name is None and dashboards:
        name = dashboards[0].name
    found = find_dashboard(dashboards, name, str(preview.key))
    return look(found, product, preview.registry, preview.environment, preview.tables(), asked)


def _lines(root: Path, problem: Problem) -> Sequence[tuple[int, str, bool]]:
    """The lines of a file around a problem."""
    if problem.file is None or problem.line is None:
        return ()
    try:
        lines = (root / problem.file).read_bytes().decode(errors="replace").split("\n")
    except OSError:
        return ()
    first = max(1, problem.line - AROUND)
    last = min(len(lines), problem.line + AROUND)
    return [(number, lines[number - 1].rstrip(), number == problem.line) for number in range(first, last + 1)]
