"""Health as a mark: told by its shape as well as by its colour."""

from __future__ import annotations

from markupsafe import Markup

from meshwright.server.drawing.svg import element
from meshwright.supervision.catalogue.health import Level


def health_mark(level: Level, x: float, y: float) -> Markup:
    """A mark around a point: circle for good, diamond for a warning, square for bad, ring for none."""
    match level:
        case "bad":
            return element("rect", x=x - 4, y=y - 4, width=8, height=8, rx=1, class_="fill-bad")
        case "warning":
            return element("path", d=f"M{x:.1f} {y - 5:.1f}l5 5-5 5-5-5z", class_="fill-warning")
        case "good":
            return element("circle", cx=x, cy=y, r=4, class_="fill-good")
    return element("circle", cx=x, cy=y, r=3.5, class_="ring-none")
