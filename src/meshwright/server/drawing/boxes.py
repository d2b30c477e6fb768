"""Boxes with rows, joined by lines: tables and their columns, products and their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from meshwright.server.drawing.layers import layered, layers_of
from meshwright.server.drawing.marks import health_mark
from meshwright.server.drawing.svg import element, shortened, together
from meshwright.supervision.catalogue.health import Level

WIDTH = 216
_BETWEEN = 84  # from a box to the next one on its right
_ABOVE = 22  # from a box to the next one below it
_HEAD = 44
_PLAIN_HEAD = 30  # without a line above the title
_ROW = 22
_PAD = 6
_BEND = 18
_MARGIN = 12


@dataclass(frozen=True, slots=True)
class BoxRow:
    """A line of a box; `mark` picks it out."""

    key: str
    text: str
    href: str | None = None
    mark: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A node: a title, a line above it, and rows. `hue` is its colour, `level` the health to show."""

    key: str
    title: str
    above: str = ""
    href: str | None = None
    rows: Sequence[BoxRow] = ()
    hue: int | None = None
    level: Level | None = None
    mark: bool = False
    dashed: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Wire:
    """A line from a row of a box (of the box where None) to a row of another; `kind` is its class."""

    start: str
    end: str
    start_row: str | None = None
    end_row: str | None = None
    kind: str = "direct"
    hint: str = ""


@dataclass
class _Placed:
    box: Box
    x: float
    y: float
    rows: dict[str, float] = field(default_factory=dict)

    @property
    def head(self) -> float:
        return _HEAD if self.box.above else _PLAIN_HEAD

    @property
    def height(self) -> float:
        return self.head + (len(self.box.rows) * _ROW + _PAD if self.box.rows else 0)

    def level_of(self, row: str | None) -> float:
        """How high a line that ends here does so."""
        return self.y + self.head / 2 if row is None or row not in self.rows else self.rows[row]


def draw_boxes(boxes: Sequence[Box], wires: Sequence[Wire], label: str) -> Markup:
    """The graph, from left to right."""
    keys = [box.key for box in boxes]
    pairs = list(dict.fromkeys((wire.start, wire.end) for wire in wires if wire.start != wire.end))
    layer_of = layers_of(keys, pairs)
    lowest = min(layer_of.values(), default=0)
    numbers = {key: number for number, key in enumerate(keys)}
    edges = [(numbers[a], numbers[b]) for a, b in pairs]
    found = layered(len(keys), edges, [layer_of[key] - lowest for key in keys])
    placed = {box.key: _Placed(box, 0.0, 0.0) for box in boxes}
    columns = _columns(found.layers, keys, placed)
    tallest = max((height for _, height in columns), default=0.0)
    points: dict[int, tuple[float, float]] = {}
    for place, (column, height) in enumerate(columns):
        y = _MARGIN + (tallest - height) / 2
        x = float(_MARGIN + place * (WIDTH + _BETWEEN))
        for number in column:
            if number < len(keys):
                _put(placed[keys[number]], x, y)
                y += placed[keys[number]].height + _ABOVE
            else:
                points[number] = (x, y + _BEND / 2)
                y += _BEND + _ABOVE
    bends = {pair: [points[n] for n in each] for pair, each in zip(pairs, found.bends, strict=True)}
    width = _MARGIN * 2 + len(columns) * (WIDTH + _BETWEEN) - _BETWEEN
    height = tallest + 2 * _MARGIN
    return element(
        "svg",
        together(_wire(wire, placed, bends) for wire in wires),
        together(map(_box, placed.values())),
        viewBox=f"0 0 {width} {height:.0f}",
        width=width,
        height=round(height),
        class_="graph",
        role="group",
        aria_label=label,
    )


def _columns(
    layers: Sequence[Sequence[int]], keys: Sequence[str], placed: Mapping[str, _Placed]
) -> list[tuple[Sequence[int], float]]:
    """Each layer with its height."""
    found = []
    for layer in layers:
        heights = [placed[keys[n]].height if n < len(keys) else _BEND for n in layer]
        found.append((layer, sum(heights) + _ABOVE * max(len(layer) - 1, 0)))
    return found


def _put(placed: _Placed, x: float, y: float) -> None:
    placed.x, placed.y = x, y
    for place, row in enumerate(placed.box.rows):
        placed.rows[row.key] = y + placed.head + place * _ROW + _ROW / 2


def _wire(
    wire: Wire,
    placed: Mapping[str, _Placed],
    bends: Mapping[tuple[str, str], Sequence[tuple[float, float]]],
) -> Markup:
    start, end = placed[wire.start], placed[wire.end]
    x, y = start.x + WIDTH, start.level_of(wire.start_row)
    path = [f"M{x:.1f} {y:.1f}"]
    for left, middle in bends.get((wire.start, wire.end), ()):
        path += [_curve(x, y, left, middle), f"L{left + WIDTH:.1f} {middle:.1f}"]
        x, y = left + WIDTH, middle
    path.append(_curve(x, y, end.x, end.level_of(wire.end_row)))
    title = (element("title", wire.hint),) if wire.hint else ()
    data = {"data_from": wire.start, "data_to": wire.end}
    return element("path", *title, d=" ".join(path), class_=f"wire {wire.kind}", **data)


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    bow = max(28.0, abs(to_x - x) / 2)
    return f"C{x + bow:.1f} {y:.1f} {to_x - bow:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"


def _box(placed: _Placed) -> Markup:
    box, x, y = placed.box, placed.x, placed.y
    parts = [element("title", box.hint)] if box.hint else []
    parts.append(element("rect", x=x, y=y, width=WIDTH, height=placed.height, rx=8, class_="box-back"))
    if box.hue is not None:
        tall = placed.height - 16
        parts.append(
            element("rect", x=x - 2, y=y + 8, width=4, height=tall, rx=2, class_=f"box-hue hue-{box.hue}")
        )
    left = x + 14
    if box.level is not None:
        parts.append(health_mark(box.level, x + WIDTH - 14, y + placed.head / 2))
    if box.above:
        above = element("text", shortened(box.above, 30), x=left, y=y + 17, class_="box-above")
        parts.append(above)
    title = element(
        "text",
        element("title", box.title),
        shortened(box.title, 24),
        x=left,
        y=y + (34 if box.above else 19.5),
        class_="box-title",
    )
    parts.append(_linked(title, box.href))
    if box.rows:
        rule = y + placed.head - 2
        parts.append(element("line", x1=x, x2=x + WIDTH, y1=rule, y2=rule, class_="box-line"))
    for row in box.rows:
        middle = placed.rows[row.key]
        if row.mark:
            parts.append(
                element("rect", x=x + 4, y=middle - 10, width=WIDTH - 8, height=20, rx=4, class_="row-mark")
            )
        text = element(
            "text",
            element("title", row.text),
            shortened(row.text, 26),
            x=left,
            y=middle + 4,
            class_="box-row",
        )
        parts.append(_linked(text, row.href))
    kind = "box" + " marked" * box.mark + " dashed" * box.dashed
    return element("g", *parts, class_=kind, data_key=box.key)


def _linked(text: Markup, href: str | None) -> Markup:
    return element("a", text, href=href) if href else text
