"""SVG as a page may hold it: what is known stays, everything else goes.

Marks lose their roles and names, and get their names as titles instead, which browsers show where the pointer
is: the whole chart is one picture to a screen reader, and its rows stand in a table beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

ELEMENTS = frozenset(
    {"svg", "g", "path", "rect", "line", "circle", "ellipse", "polyline", "polygon", "text", "tspan"}
    | {"defs", "linearGradient", "radialGradient", "stop", "clipPath"}
)

ATTRIBUTES = frozenset(
    {"x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "fx", "fy", "fr"}
    | {"d", "points", "transform", "width", "height", "viewBox", "offset", "id"}
    | {"fill", "fill-opacity", "fill-rule", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray"}
    | {"stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "opacity"}
    | {"clip-path", "clip-rule", "stop-color", "stop-opacity", "gradientUnits", "gradientTransform"}
    | {"font-family", "font-size", "font-style", "font-weight", "font-variant", "text-anchor"}
    | {"letter-spacing", "dominant-baseline"}
)

_DRAWN = frozenset({"path", "rect", "line", "circle", "text"})
_MANY = ("line", "area", "trail")  # marks that are many rows, named by the first
_NOTHING = ("", "M0,0h0v0h0Z")
_LONG = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_NAMESPACE = re.compile(r"\{[^}]*\}")
_LOCAL = re.compile(r"url\(\s*['\"]?#([\w.-]+)['\"]?\s*\)")
_ID = re.compile(r"[\w.-]+")
_FUNCTION = re.compile(r"url\s*\(|expression\s*\(|image\s*\(|@import|\\", re.IGNORECASE)


class Unclean(ValueError):
    """A text is no SVG."""


def clean_svg(text: str, name: str) -> str:
    """The drawing in `text` with known elements and attributes only; ids begin with `name`.

    Raises:
        Unclean: it is no SVG.
    """
    if "<!" in text:
        raise Unclean("a declaration")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 (without declarations there are no entities)
    except ElementTree.ParseError as error:
        raise Unclean(str(error)) from error
    if _local(root.tag) != "svg":
        raise Unclean(f"it begins with `{_local(root.tag)}`")
    return "".join(_written(root, name, top=True))


def _written(node: ElementTree.Element, name: str, top: bool = False) -> Iterator[str]:
    tag = _local(node.tag)
    if tag not in ELEMENTS or _unseen(node):
        return
    yield f"<{tag}"
    if top:
        yield ' aria-hidden="true" focusable="false"'
    for key, value in node.attrib.items():
        kept = _attribute(key, value, name)
        if kept is not None:
            yield f" {key}={quoteattr(kept)}"
    yield ">"
    label = node.get("aria-label")
    if label and tag in _DRAWN and not node.get("aria-roledescription", "").startswith(_MANY):
        yield f"<title>{escape(_lines(label))}</title>"
    if node.text and tag in ("text", "tspan"):
        yield escape(node.text)
    for child in node:
        yield from _written(child, name)
        if child.tail and tag in ("text", "tspan"):
            yield escape(child.tail)
    yield f"</{tag}>"


def _attribute(key: str, value: str, name: str) -> str | None:
    """The value that an attribute may keep; None where it goes."""
    if key not in ATTRIBUTES:
        return None
    if key == "id":
        return f"{name}-{value}" if _ID.fullmatch(value) else None
    local = _LOCAL.fullmatch(value.strip())
    if local is not None:
        return f"url(#{name}-{local[1]})"
    if _FUNCTION.search(value) or (key == "opacity" and value == "1"):
        return None
    return _LONG.sub(_rounded, value)


def _rounded(found: re.Match[str]) -> str:
    """A hundredth of a pixel is as much as anybody sees."""
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")


def _unseen(node: ElementTree.Element) -> bool:
    """Whether an element draws nothing."""
    if node.get("display") == "none" or node.get("fill") == "transparent":
        return True
    return node.get("d") in _NOTHING


def _local(tag: object) -> str:
    return _NAMESPACE.sub("", tag) if isinstance(tag, str) else ""


def _lines(label: str) -> str:
    """What Vega calls a mark, one field a line."""
    return "\n".join(part for part in label.split("; ") if part)
