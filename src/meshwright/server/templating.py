"""Pages from templates: every value is text, whatever it holds."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from meshwright import __version__
from meshwright.model.printable import printable
from meshwright.server import links

THEMES = ("light", "dark")
"""What a person may choose; without a choice the page follows the system."""

NAVIGATION = (("/", "Home"),)
"""The pages that every page links to."""


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
        self._templates.globals.update(
            version=__version__,
            navigation=NAVIGATION,
            page_of=links.page_of,
            page_of_address=links.page_of_address,
            static=static,
        )

    def render(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page; every template also has `request`, `site` and `theme`."""
        theme = request.cookies.get("theme")
        text = self._templates.get_template(template).render(
            request=request,
            site=request.app.state.site,
            theme=theme if theme in THEMES else None,
            **values,
        )
        return HTMLResponse(text, status, {"cache-control": "private, no-cache", "vary": "Cookie"})


_VERSIONS: dict[str, str] = {}


def static(name: str) -> str:
    """The address of a file in `static/`; it changes with the file, so browsers may keep it.

    >>> static("style.css").startswith("/static/style.css?v=")
    True
    """
    if name not in _VERSIONS:
        data = (resources.files("meshwright.server") / "static" / name).read_bytes()
        _VERSIONS[name] = hashlib.blake2b(data, digest_size=6).hexdigest()
    return f"/static/{name}?v={_VERSIONS[name]}"


def _finalized(value: Any) -> Any:
    """What stands between double braces: text without characters that no page may hold."""
    return printable(value, keep="\n") if type(value) is str else value
