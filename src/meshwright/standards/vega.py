"""Vega-Lite specifications: what its schema objects to, and what a dashboard may not hold.

The schema is the one that the package `altair` carries; the package itself is not loaded. Our walk of
schemas says what is wrong, so that a mistake in a chart is told as one in any other document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path as FilePath
from typing import Any

from meshwright.errors import MissingPart
from meshwright.standards.exact import Path
from meshwright.standards.explain import Finding, closest, explain

INVALID = "MW701"
REACHES_OUT = "MW702"

_SCHEMA = "vegalite/v6/schema/vega-lite-schema.json"
_VIEWS = {
    "layer": "TopLevelLayerSpec",
    "hconcat": "TopLevelHConcatSpec",
    "vconcat": "TopLevelVConcatSpec",
    "concat": "TopLevelConcatSpec",
    "facet": "TopLevelFacetSpec",
    "repeat": "TopLevelRepeatSpec",
    "mark": "TopLevelUnitSpec",
}
"""What a specification is, by the key that tells it."""

_OF_DATA = ("data", "datasets")
_LINKS = ("href", "url")
_ACTIVE = re.compile(r"url\s*\(|^\s*(?:javascript|vbscript|data)\s*:", re.IGNORECASE)
_HINT = "a chart shows what its tile's `query` returns, and nothing else"


def vega_lite_findings(spec: Any, path: Path = ()) -> list[Finding]:
    """Everything that speaks against a chart: Vega-Lite's schema, and what would reach out of the page.

    A chart has no data of its own, no link, no picture and no interaction: it is drawn where it is served.
    `path` is its place in the document.
    """
    refused = [*_refused(spec, path)]
    if refused:
        return refused
    plain = {"data": {"name": "rows"}, **spec}
    if _valid(plain):
        return []
    return [
        Finding((*path, *found.path), INVALID, found.message, found.hint, found.at_key)
        for found in _explained(plain)
    ] or [Finding(path, INVALID, "this is no Vega-Lite specification", at_key=True)]


def _valid(spec: Mapping[str, Any]) -> bool:
    valid: bool = _validator().is_valid(spec)
    return valid


@cache
def _validator() -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft7Validator(_schema(), validate_formats=False)


@cache
def _schema() -> dict[str, Any]:
    """Vega-Lite's schema, its definitions named so that references to them are URIs.

    Raises:
        MissingPart: the package that carries it is not installed.
    """
    found = find_spec("altair")
    if found is None or found.origin is None:
        raise MissingPart("the package `altair` is not installed", way_out="install `altair`")
    schema = json.loads((FilePath(found.origin).parent / _SCHEMA).read_bytes())
    names = {
        name: name if name.isalnum() else f"{re.sub('[^A-Za-z0-9]', '_', name)}_{index}"
        for index, name in enumerate(schema["definitions"])
    }
    renamed: dict[str, Any] = _renamed(schema, names)
    renamed["definitions"] = {names[name]: part for name, part in renamed["definitions"].items()}
    return renamed


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_renamed(part, names) for part in node]
    if not isinstance(node, dict):
        return node
    return {
        key: f"#/definitions/{names[part.removeprefix('#/definitions/')]}"
        if key == "$ref" and isinstance(part, str)
        else _renamed(part, names)
        for key, part in node.items()
    }


# --- what is wrong


def _explained(spec: Mapping[str, Any]) -> Iterator[Finding]:
    kind = next((kind for key, kind in _VIEWS.items() if key in spec), None)
    if kind is None:
        guess = next((g for key in spec if (g := closest(key, list(_VIEWS)))), None)
        hint = f"did you mean `{guess}`?" if guess else f"it has one of {', '.join(_VIEWS)}"
        yield Finding((), INVALID, "a chart says how it is drawn: `mark: bar`, for example", hint, True)
        return
    listed = [*_unknown_marks(spec, ())]
    if listed:
        yield from listed
        return
    definitions = _schema()["definitions"]
    yield from explain({**definitions[kind], "definitions": definitions}, spec)


@cache
def _marks() -> tuple[str, ...]:
    definitions = _schema()["definitions"]
    composite = (definitions[name]["const"] for name in ("BoxPlot", "ErrorBand", "ErrorBar"))
    return (*definitions["Mark"]["enum"], *composite)


def _unknown_marks(view: Any, path: Path) -> Iterator[Finding]:
    """Marks that Vega-Lite does not have; its schema has them in many places at once."""
    if not isinstance(view, Mapping):
        return
    mark, place = view.get("mark"), (*path, "mark")
    if isinstance(mark, Mapping):
        mark, place = mark.get("type"), (*place, "type")
    if isinstance(mark, str) and mark not in _marks():
        close = get_close_matches(mark, _marks(), 1)
        hint = f"did you mean `{close[0]}`?" if close else f"one of {', '.join(_marks())}"
        yield Finding(place, INVALID, f"`{mark[:60]}` is no mark", hint)
    for key in ("layer", "hconcat", "vconcat", "concat"):
        parts = view.get(key)
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            yield from _unknown_marks(part, (*path, key, index))
    yield from _unknown_marks(view.get("spec"), (*path, "spec"))


# --- what is refused


def _refused(node: Any, path: Path) -> Iterator[Finding]:
    """What reaches out of a chart, or would do nothing in it, wherever it stands."""
    if isinstance(node, list):
        for index, part in enumerate(node):
            yield from _refused(part, (*path, index))
        return
    if isinstance(node, str):
        if _ACTIVE.search(node):
            yield Finding(path, REACHES_OUT, "a chart cannot refer to anything outside it", _HINT)
        return
    if not isinstance(node, Mapping):
        return
    for key, part in node.items():
        here = (*path, key)
        what, hint = _refused_key(key, part, node)
        if what is not None:
            yield Finding(here, REACHES_OUT, what, hint, at_key=True)
        else:
            yield from _refused(part, here)


def _refused_key(key: str, part: Any, node: Mapping[str, Any]) -> tuple[str | None, str | None]:
    if key in _OF_DATA:
        return "a chart has no data of its own", _HINT
    if key in _LINKS:
        return f"a chart has no `{key}`", "put links into a tile of `text`"
    if key == "usermeta":
        return "a chart has no `usermeta`", "leave it out: it speaks to other viewers"
    if (key == "mark" and part == "image") or (key == "type" and part == "image"):
        return "a chart has no pictures", "draw with points, bars, lines, areas or text"
    if key == "bind" or (key == "select" and "name" in node):
        return "a chart has no interaction: it is drawn where it is served", "use the dashboard's `filters`"
    if key == "$schema" and not (isinstance(part, str) and "vega-lite" in part):
        return "a chart is a Vega-Lite specification", "leave `$schema` out"
    return None, None
