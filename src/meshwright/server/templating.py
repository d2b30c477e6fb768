"""Pages from templates: every value is text, whatever it holds."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from meshwright import __version__
from meshwright.model.printable import printable
from meshwright.server import links, wording
from meshwright.supervision.catalogue.product import PortSummary

THEMES = ("light", "dark")
"""What a person may choose; without a choice the page follows the system."""

NAVIGATION: Sequence[tuple[str, str]] = (
    ("/map", "Map"),
    ("/dashboards", "Dashboards"),
    ("/governance", "Governance"),
    ("/portfolio", "Portfolio"),
    ("/operations", "Operations"),
)
"""The pages that every page links to."""

_FILTERS = (
    wording.label,
    wording.instant,
    wording.iso,
    wording.number,
    wording.plural,
    wording.size,
    wording.seconds,
    wording.percent,
    wording.person,
    wording.initials,
    wording.web_address,
)


class Pages:
    """The templates of the user interface."""

    def __init__(self) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("meshwright.server", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            finalize=_finalized,
        )
        self._templates.filters.update({each.__name__: each for each in _FILTERS})
        self._templates.filters["breakable"] = _breakable
        self._templates.filters["ago"] = jinja2.pass_context(_ago)
        self._templates.globals.update(
            version=__version__,
            navigation=NAVIGATION,
            page_of=links.page_of,
            page_of_address=links.page_of_address,
            page_of_product=links.page_of_product,
            page_of_place=links.page_of_place,
            place_name=links.place_name,
            unique=_unique,
            options=_options,
            sql_name=wording.sql_name,
            newest=_newest,
            static=static,
        )

    def render(self, request: Request, template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
        """A page; every template also has `request`, `mesh`, `environment`, `theme` and `now`."""
        theme = request.cookies.get("theme")
        live = request.app.state.site.live
        values.setdefault("now", datetime.now(UTC))
        text = self._templates.get_template(template).render(
            request=request,
            mesh=live.mesh,
            environment=live.environment,
            problem=_problem(request),
            theme=theme if theme in THEMES else None,
            **values,
        )
        return HTMLResponse(text, status, {"cache-control": "private, no-cache", "vary": "Cookie"})


def _problem(request: Request) -> Any:
    """Why the page may be old, if so."""
    known = getattr(request.state, "snapshot", None)
    return known.problem if known is not None else None


def _breakable(text: str) -> Markup:
    """A long name that may go on in the next line behind a separator."""
    parts = re.split(r"(?<=[/.@#_])", printable(text))
    return Markup("<wbr>").join(parts)


def _unique(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[Mapping[str, Any]]:
    """Rows that differ in some columns."""
    return list({tuple(row[name] for name in names): row for row in rows}.values())


def _options(text: str) -> list[tuple[str, str]]:
    """`logicalTypeOptions` by name."""
    found = json.loads(text)
    return [(name, wording.shown(value)) for name, value in found.items()] if isinstance(found, dict) else []


def _newest(port: PortSummary, ports: Sequence[PortSummary]) -> bool:
    """Whether a port's tables go by their names alone in SQL: no other port serves a newer major of them."""
    return all(
        other.row["major"] <= port.row["major"]
        for other in ports
        if {each["object"] for each in other.objects} & {each["object"] for each in port.objects}
    )


def _ago(context: jinja2.runtime.Context, moment: datetime | None) -> str:
    return wording.ago(moment, context["now"])


@cache
def static(name: str) -> str:
    """The address of a file in `static/`; it changes with the file, so browsers may keep it.

    >>> static("style.css").startswith("/static/style.css?v=")
    True
    """
    data = (resources.files("meshwright.server") / "static" / name).read_bytes()
    return f"/static/{name}?v={hashlib.blake2b(data, digest_size=6).hexdigest()}"


def _finalized(value: Any) -> Any:
    """What stands between double braces: text without characters that no page may hold; None is nothing."""
    if value is None:
        return ""
    return printable(value, keep="\n") if type(value) is str else value
