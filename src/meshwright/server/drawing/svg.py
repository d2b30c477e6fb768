"""SVG as markup, every text and attribute escaped."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from meshwright.model.printable import printable


def element(name: str, *children: Markup | str, **attributes: object) -> Markup:
    """An element; texts among `children` are escaped. `_` at the end of an attribute's name is left out.

    >>> str(element("text", "a < b", x=1.5, class_="n"))
    '<text x="1.5" class="n">a &lt; b</text>'
    """
    parts = [f"<{name}"]
    for key, value in attributes.items():
        if value is not None:
            shown = _number(value) if isinstance(value, float) else printable(str(value), keep="\n")
            parts.append(f' {key.rstrip("_").replace("_", "-")}="{escape(shown)}"')
    inside = "".join(str(escape(_text(child))) for child in children)
    parts.append(f">{inside}</{name}>" if inside else "/>")
    return Markup("".join(parts))  # noqa: S704 (each part is escaped above)


def together(parts: Iterable[Markup]) -> Markup:
    """Elements one after the other."""
    return Markup("").join(parts)


def _text(child: Markup | str) -> Markup | str:
    return child if isinstance(child, Markup) else printable(child)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def shortened(text: str, width: int) -> str:
    """A text of at most so many characters; what is left out is shown as an ellipsis.

    >>> shortened("brokerage", 6), shortened("deals", 6)
    ('broke…', 'deals')
    """
    return text if len(text) <= width else text[: max(width - 1, 1)] + "…"
