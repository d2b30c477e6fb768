"""Charts: the specification of a tile with its rows, its size and our style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from meshwright.model.dashboard import GRID, Tile
from meshwright.server.dashboards.values import chart_rows

PAGE = 1200
"""The width in pixels that charts are drawn for."""

NARROW = 330
"""And that of a telephone."""

_GAP, _EDGE, _ROW = 16, 36, 80

_INK, _MUTED, _LINE = "var(--ink)", "var(--muted)", "var(--line)"
_HUES = [f"var(--hue-{number})" for number in range(8)]
_RAMP = ["#c9d3f5", "#9db0ea", "#7089db", "#4a63c4", "#35479b"]
"""Legible on light and dark; colours between others cannot be custom properties."""

STYLE: Mapping[str, Any] = {
    "background": "transparent",
    "font": "sans-serif",
    "padding": 2,
    "view": {"stroke": None},
    "mark": {"color": _HUES[0]},
    "text": {"color": _INK, "fontSize": 12},
    "rule": {"color": _MUTED},
    "tick": {"color": _HUES[0]},
    "line": {"strokeWidth": 2},
    "point": {"size": 36, "filled": True},
    "boxplot": {"median": {"color": "var(--surface)"}},
    "arc": {"stroke": "var(--surface)"},
    "range": {"category": _HUES, "ordinal": _RAMP, "ramp": _RAMP, "heatmap": _RAMP},
    "axis": {
        "labelColor": _MUTED,
        "titleColor": _MUTED,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "labelPadding": 6,
        "gridColor": _LINE,
        "domainColor": _LINE,
        "tickColor": _LINE,
        "ticks": False,
        "domain": False,
    },
    "axisBand": {"grid": False},
    "axisX": {"grid": False},
    "axisQuantitative": {"grid": True, "tickCount": 5},
    "legend": {
        "labelColor": _MUTED,
        "titleColor": _MUTED,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "symbolType": "circle",
        "symbolSize": 70,
        "symbolBaseFillColor": _MUTED,
        "symbolBaseStrokeColor": _MUTED,
        "orient": "top",
        "padding": 0,
        "offset": 8,
        "columnPadding": 14,
        "layout": {"top": {"anchor": "start", "margin": 28}},
    },
    "header": {"labelColor": _INK, "titleColor": _MUTED, "labelFontSize": 12, "titleFontSize": 12},
    "title": {"color": _INK, "fontSize": 13, "anchor": "start", "subtitleColor": _MUTED},
}
"""How charts look unless their `config` says otherwise."""


_ON_A_TELEPHONE: Mapping[str, Any] = {"legend": {"columns": 3}, "axisQuantitative": {"tickCount": 4}}


def tile_width(tile: Tile) -> int:
    """Pixels that a tile's chart has on a wide page."""
    column = (PAGE - (GRID - 1) * _GAP) / GRID
    return round(tile.width * column + (tile.width - 1) * _GAP) - _EDGE


def chart_spec(tile: Tile, rows: pa.Table, width: int) -> dict[str, Any]:
    """The specification that is drawn, `width` pixels wide where its kind of view can be fitted."""
    spec = {key: value for key, value in tile.content.items() if key != "$schema"}
    spec["data"] = {"values": chart_rows(rows)}
    if is_single(spec):
        stepped = any(isinstance(spec.get(side), dict) for side in ("width", "height"))
        spec["width"] = width if not isinstance(spec.get("width"), int | float | dict) else spec["width"]
        if not isinstance(spec.get("height"), int | float | dict):
            spec["height"] = tile.height * _ROW
        spec.setdefault("autosize", {"type": "fit-x" if stepped else "fit", "contains": "padding"})
    style = merged(STYLE, _ON_A_TELEPHONE) if width <= NARROW else STYLE
    spec["config"] = merged(style, spec.get("config", {}))
    return spec


def is_single(spec: Mapping[str, Any]) -> bool:
    """Whether a specification is one view, and not several side by side."""
    encodings = spec.get("encoding") or {}
    facets = any(channel in encodings for channel in ("row", "column", "facet"))
    return ("mark" in spec or "layer" in spec) and not facets


def merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` over `base`, key by key."""
    found = dict(base)
    for key, value in own.items():
        below = found.get(key)
        found[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return found
