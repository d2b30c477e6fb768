"""Dashboards: what readers see of a product's output ports, and what they can choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from meshwright.model.address import ProductKey

FilterType = Literal["choice", "choices", "range", "dates"]
TileKind = Literal["chart", "figure", "table", "text"]

DASHBOARDS = "dashboards/"
"""Where a product's bundle has them."""

GRID = 12
"""Columns of the grid."""

KINDS: tuple[TileKind, ...] = ("chart", "figure", "table", "text")

_WIDTHS: Mapping[TileKind, int] = {"chart": 6, "figure": 3, "table": 6, "text": 12}
_HEIGHT = 4


@dataclass(frozen=True, slots=True)
class Filter:
    """What readers choose, bound to parameters of queries; unset they are null.

    A `choice` is one value and `choices` are a list, among `values` or what `query` returns; a `range`
    of numbers and `dates` have two ends. `path` is its place in the document.
    """

    name: str
    title: str
    type: FilterType
    path: str
    values: tuple[Any, ...] = ()
    query: str | None = None
    default: Any = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names by which queries read it."""
        if self.type in ("range", "dates"):
            return (f"{self.name}_from", f"{self.name}_to")
        return (self.name,)


@dataclass(frozen=True, slots=True)
class Tile:
    """One part of a dashboard: a chart, a figure, a table, or text.

    `content` is what the document holds for it: a Vega-Lite specification without data, a figure, a table,
    or Markdown. `width` is in columns of the grid, `height` (of charts) in its rows.
    """

    kind: TileKind
    path: str
    title: str | None
    description: str | None
    width: int
    height: int
    query: str | None
    content: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of tiles over one product's output ports; `file` is relative to the mesh."""

    product: ProductKey
    name: str
    title: str
    description: str | None
    filters: tuple[Filter, ...]
    tiles: tuple[Tile, ...]
    file: str

    @property
    def parameters(self) -> Mapping[str, Filter]:
        """What queries may read, and which filter each belongs to."""
        return {name: each for each in self.filters for name in each.parameters}


def read_dashboard(document: Mapping[str, Any], product: ProductKey, file: str) -> Dashboard:
    """The dashboard that a document declares; its schema has accepted it."""
    return Dashboard(
        product=product,
        name=document["dashboard"],
        title=document["title"],
        description=document.get("description"),
        filters=tuple(
            Filter(
                name=each["filter"],
                title=each["title"],
                type=each["type"],
                path=f"filters[{index}]",
                values=tuple(each.get("values", ())),
                query=each.get("query"),
                default=each.get("default"),
            )
            for index, each in enumerate(document.get("filters", ()))
        ),
        tiles=tuple(_tile(each, f"tiles[{index}]") for index, each in enumerate(document["tiles"])),
        file=file,
    )


def _tile(each: Mapping[str, Any], path: str) -> Tile:
    kind = next(kind for kind in KINDS if kind in each)
    return Tile(
        kind=kind,
        path=path,
        title=each.get("title"),
        description=each.get("description"),
        width=each.get("width", _WIDTHS[kind]),
        height=each.get("height", _HEIGHT),
        query=each.get("query"),
        content=each[kind],
    )
