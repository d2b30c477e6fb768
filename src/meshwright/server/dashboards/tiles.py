"""Tiles as templates show them: figures, tables, charts, text, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
from markupsafe import Markup

from meshwright.errors import BuildError
from meshwright.experience.dashboards.look import Fault, Seen, View
from meshwright.model.dashboard import Tile
from meshwright.model.printable import printable
from meshwright.provisioning.ports import Charts
from meshwright.server.dashboards.charts import NARROW, chart_spec, is_single, tile_width
from meshwright.server.dashboards.markdown import markdown
from meshwright.server.dashboards.values import formatted, is_numeric, number_of

Size = Literal["wide", "narrow"]
SIZES: tuple[Size, ...] = ("wide", "narrow")
"""What charts are drawn for: pages on a desk, and on a telephone."""

SHOWN = 500
"""Rows of the table behind a chart."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table; `share` (0 to 100) is how long its bar is, if it has one."""

    text: str
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: headings, whether each column holds numbers, and cells; `left_out` rows are not shown."""

    headings: Sequence[str]
    numeric: Sequence[bool]
    rows: Sequence[Sequence[Cell]]
    left_out: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit, and how it compares: `trend` is `good`, `bad` or nothing."""

    value: str
    unit: str | None
    comparison: str | None = None
    arrow: str = ""
    trend: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One tile as the template shows it; `number` counts from 1."""

    number: int
    tile: Tile
    title: str | None
    description: str | None
    fault: Fault | None = None
    empty: bool = False
    text: Markup | None = None
    figure: Figure | None = None
    grid: Grid | None = None
    drawings: Sequence[tuple[str, Markup]] = ()  # "wide", "narrow" or "any", and the SVG


def shown_tiles(view: View, charts: Charts, sizes: Sequence[Size] = SIZES) -> list[Shown]:
    """Every tile of a view, drawn; charts once for each of `sizes`."""
    return [_shown(number, seen, charts, sizes) for number, seen in enumerate(view.tiles, 1)]


def _shown(number: int, seen: Seen, charts: Charts, sizes: Sequence[Size]) -> Shown:
    tile = seen.tile
    title = printable(tile.title, keep="") if tile.title else None
    about = printable(tile.description, keep="\n") if tile.description else None
    if tile.kind == "text":
        return Shown(number, tile, title, about, text=markdown(tile.content))
    if seen.fault is not None:
        return Shown(number, tile, title, about, fault=seen.fault)
    if seen.rows is None or seen.rows.num_rows == 0:
        return Shown(number, tile, title, about, empty=True)
    if tile.kind == "figure":
        return _figure(number, tile, title, about, seen.rows)
    if tile.kind == "table":
        return Shown(number, tile, title, about, grid=_table(tile, seen))
    try:
        drawings = [*_drawings(number, tile, seen.rows, charts, sizes)]
    except BuildError as error:
        fault = Fault(error.what, f"{tile.path}.chart", error.way_out)
        return Shown(number, tile, title, about, fault=fault)
    return Shown(number, tile, title, about, grid=_grid(seen.rows, SHOWN, seen.more), drawings=drawings)


def _drawings(
    number: int, tile: Tile, rows: pa.Table, charts: Charts, sizes: Sequence[Size]
) -> Iterator[tuple[str, Markup]]:
    widths: dict[Size, int] = {"wide": tile_width(tile), "narrow": NARROW}
    if not is_single(tile.content) or widths["wide"] <= NARROW * 1.2:
        sizes = ("wide",)
    for size in sizes:
        drawn = charts.svg(chart_spec(tile, rows, widths[size]), f"c{number}{size[0]}")
        yield "any" if len(sizes) == 1 else size, Markup(drawn)  # noqa: S704 (see `Charts.svg`)


# --- figures


def _figure(number: int, tile: Tile, title: str | None, about: str | None, rows: pa.Table) -> Shown:
    first: dict[str, Any] = rows.slice(0, 1).to_pylist()[0]
    content = tile.content
    missing = next((name for name in _figure_columns(content) if name not in first), None)
    if missing is not None:
        return Shown(number, tile, title, about, fault=_no_column(missing, rows, f"{tile.path}.figure"))
    value, form = first[content["value"]], content.get("format")
    unit = content.get("unit")
    if value is None:
        return Shown(number, tile, title, about, empty=True)
    figure = Figure(formatted(value, form), printable(unit, keep="") if unit else None)
    if "compare" in content:
        figure = _compared(figure, value, first[content["compare"]["value"]], content)
    return Shown(number, tile, title, about, figure=figure)


def _figure_columns(content: Any) -> list[str]:
    return [content["value"], *([content["compare"]["value"]] if "compare" in content else [])]


def _compared(figure: Figure, value: Any, other: Any, content: Any) -> Figure:
    """The figure with a line under it: the difference from another value, or that value."""
    compare, form = content["compare"], content.get("format")
    label = printable(compare["label"], keep="")
    how = compare.get("as", "difference")
    now, then = number_of(value), number_of(other)
    if how == "value" or now is None or then is None:
        said = f"{formatted(other, compare.get('format', form))} {label}"
        return Figure(figure.value, figure.unit, "nothing to compare with" if other is None else said)
    difference = now - then
    if how == "percent":
        if then == 0:
            return Figure(figure.value, figure.unit, "nothing to compare with")
        text = f"{formatted(abs(difference) / abs(then), '.0%')}"
    elif form and form.endswith("%"):
        digits = form[form.index(".") + 1] if "." in form else "0"
        text = f"{formatted(abs(difference) * 100, f'.{digits}f')} points"
    else:
        plain = (form or ",.2f").lstrip("+")
        text = formatted(abs(difference), plain) + (f" {figure.unit}" if figure.unit else "")
    word = "higher" if difference > 0 else "lower"
    better = compare.get("better")
    trend = "" if better is None or difference == 0 else "good" if better == word else "bad"
    arrow = "" if difference == 0 else "\u25b2" if difference > 0 else "\u25bc"
    said = f"the same as {label.removeprefix('than ')}" if difference == 0 else f"{text} {word} {label}"
    return Figure(figure.value, figure.unit, said, arrow, trend)


# --- tables


def _table(tile: Tile, seen: Seen) -> Grid:
    assert seen.rows is not None
    rows, limit = seen.rows, tile.content.get("rows", 20)
    columns = tile.content.get("columns") or [{"column": name} for name in rows.column_names]
    known = [each for each in columns if each["column"] in rows.column_names]
    chosen = rows.select([each["column"] for each in known])
    headings = []
    for each in known:
        unit = f" ({each['unit']})" if each.get("unit") else ""
        headings.append(printable(each.get("title", _heading(each["column"])) + unit, keep=""))
    shown = chosen.slice(0, limit)
    cells = [_cells(shown.column(index), each) for index, each in enumerate(known)]
    return Grid(
        headings,
        [is_numeric(kind) for kind in chosen.schema.types],
        list(zip(*cells, strict=True)),
        rows.num_rows - shown.num_rows,
        seen.more,
    )


def _heading(column: str) -> str:
    """A column's name as a heading.

    >>> _heading("vacant_area_sqm")
    'Vacant area sqm'
    """
    words = column.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _cells(column: pa.ChunkedArray, each: Any) -> list[Cell]:
    values = column.to_pylist()
    texts = [formatted(value, each.get("format")) for value in values]
    if not each.get("bar"):
        return [Cell(text) for text in texts]
    numbers = [number_of(value) for value in values]
    most = max((number for number in numbers if number is not None), default=0.0)
    return [
        Cell(text, round(100 * number / most, 1) if number and number > 0 and most > 0 else 0.0)
        for text, number in zip(texts, numbers, strict=True)
    ]


def _grid(rows: pa.Table, limit: int, more: bool) -> Grid:
    """The rows behind a chart, as they are."""
    shown = rows.slice(0, limit)
    cells = [[Cell(formatted(value)) for value in column.to_pylist()] for column in shown.columns]
    return Grid(
        [printable(_heading(name), keep="") for name in rows.column_names],
        [is_numeric(kind) for kind in rows.schema.types],
        list(zip(*cells, strict=True)),
        rows.num_rows - shown.num_rows,
        more,
    )


def _no_column(name: str, rows: pa.Table, path: str) -> Fault:
    return Fault(f"the query returns no column `{name}`", path, f"it returns {', '.join(rows.column_names)}")
