"""Dashboards as HTML: the parts that every page of one shares, and one file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from meshwright import __version__
from meshwright.errors import MeshwrightError
from meshwright.experience.dashboards.look import Fault, View
from meshwright.model.printable import printable
from meshwright.provisioning.ports import Charts
from meshwright.server.dashboards.tiles import SIZES, Size, shown_tiles

Place = Callable[[Fault], str]
"""Where a fault is, in words."""


def place_in(file: str) -> Place:
    """Places of faults as those in a document: what is known of applied documents."""
    return lambda fault: f"{file} at {fault.path.split(':')[0]}"


def rendered_tiles(view: View, charts: Charts, place: Place, sizes: Sequence[Size] = SIZES) -> Markup:
    """The tiles of a view, drawn for these sizes."""
    text = _part("{{ parts.tiles(tiles) }}").render(tiles=shown_tiles(view, charts, sizes), place=place)
    return Markup(text)  # noqa: S704 (the template escapes)


def rendered_head(view: View, product_href: str | None, action: str) -> Markup:
    """Where the data are from, and the form of filters."""
    source = "{{ parts.provenance(view, product_href) }}{{ parts.filters(view, action) }}"
    text = _part(source).render(view=view, product_href=product_href, action=action, place=None)
    return Markup(text)  # noqa: S704 (the template escapes)


def nothing_yet(view: View) -> Markup:
    """What is said where nothing is published."""
    return Markup('<p class="tile-nothing large">{} has published nothing yet.</p>').format(
        view.dashboard.product
    )


def exported(view: View, charts: Charts, mesh: str, environment: str, place: Place) -> str:
    """A view as one HTML file: its styles and drawings inside, no script, nothing loaded from elsewhere."""
    style = Markup(stylesheet())  # noqa: S704 (our own files)
    return (
        _templates()
        .get_template("dashboards/export.html")
        .render(
            view=view,
            tiles=shown_tiles(view, charts) if view.publication else (),
            mesh=mesh,
            environment=environment,
            version=__version__,
            style=style,
            digest=_digest(),
            place=place,
        )
    )


def reported(view: View, charts: Charts, mesh: str, environment: str, at: datetime, place: Place) -> str:
    """A report about the mesh as one HTML file, as it was `at` a moment."""
    style = Markup(stylesheet())  # noqa: S704 (our own files)
    return (
        _templates()
        .get_template("dashboards/report.html")
        .render(
            view=view,
            tiles=shown_tiles(view, charts),
            mesh=mesh,
            environment=environment,
            at=at,
            version=__version__,
            style=style,
            digest=_digest(),
            place=place,
        )
    )


def _digest() -> str:
    """What a content security policy knows our styles by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(stylesheet().encode()).digest()).decode()


def previewed(
    view: View | None,
    charts: Charts,
    mesh: str,
    environment: str,
    place: Place,
    excerpts: Sequence[Any],
    error: MeshwrightError | None,
    seen: str,
    sizes: Sequence[Size],
) -> str:
    """A view while it is written, with what speaks against it; `seen` is what the page waits to change."""
    return (
        _templates()
        .get_template("dashboards/preview.html")
        .render(
            view=view,
            tiles=shown_tiles(view, charts, sizes) if view is not None and view.publication else (),
            mesh=mesh,
            environment=environment,
            place=place,
            excerpts=excerpts,
            error=error,
            seen=seen,
        )
    )


@cache
def stylesheet() -> str:
    """The styles of a page of its own."""
    folder = resources.files("meshwright.server") / "static"
    return "\n".join((folder / name).read_text("utf-8") for name in ("style.css", "dashboards.css"))


@cache
def _part(source: str) -> jinja2.Template:
    whole = '{% import "dashboards/parts.html" as parts with context %}' + source
    return _templates().from_string(whole)


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("meshwright.server", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_finalized,
    )


def _finalized(value: Any) -> Any:
    """Text without characters that no page may hold; None is nothing."""
    if value is None:
        return ""
    return printable(value, keep="\n") if type(value) is str else value
