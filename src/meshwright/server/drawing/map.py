"""The mesh as a picture: a frame for each domain, its products in it, lines to who reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from meshwright.server.drawing.layers import layered, layers_of
from meshwright.server.drawing.marks import health_mark
from meshwright.server.drawing.svg import element, shortened, together
from meshwright.server.links import page_of
from meshwright.server.wording import label, plural
from meshwright.supervision.catalogue.domains import DomainSummary
from meshwright.supervision.catalogue.health import LEVELS
from meshwright.supervision.catalogue.map import MeshMap
from meshwright.supervision.catalogue.summary import ProductSummary

HUES = 8

_CHIP = 168
_TALL = 32
_ROW = 8  # between chips, one above the other
_COLUMN = 44  # between columns of chips
_PAD = 14
_TITLE = 34
_BETWEEN = 96  # between layers of domains
_ABOVE = 30  # between domains, one above the other
_MARGIN = 16
_HIGHEST = 1500  # of a layer of domains, before it is split in two
_MOST_IN_COLUMN = 12
_FIGURE = 42  # the height of what a domain without chips shows
_LEAST = 196
_MOST_LINES = 600


@dataclass
class _Frame:
    """A domain with its chips in columns; `x` and `y` are set when it is placed."""

    domain: DomainSummary
    columns: Sequence[Sequence[ProductSummary]]
    x: float = 0.0
    y: float = 0.0

    @property
    def width(self) -> float:
        count = len(self.columns)
        return max(_LEAST, 2 * _PAD + count * _CHIP + (count - 1) * _COLUMN)

    @property
    def height(self) -> float:
        if not self.columns:
            return _TITLE + _FIGURE
        rows = max(map(len, self.columns))
        return _TITLE + rows * _TALL + (rows - 1) * _ROW + _PAD


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where something is."""

    x: float
    y: float
    width: float
    height: float


def draw_map(mesh: MeshMap, now: datetime) -> Markup:
    """The map; domains stand left of those that read them, as far as that is possible."""
    frames = {each.name: _Frame(each, _columns(each.name, mesh)) for each in mesh.domains}
    width, height = _place(frames, mesh.between)
    hues = {name: place % HUES for place, name in enumerate(sorted(frames))}
    spots = {f"{name}": _Spot(f.x, f.y, f.width, f.height) for name, f in frames.items()}
    chips = []
    for frame in frames.values():
        for product, spot in _chips(frame):
            spots[str(product.key)] = spot
            chips.append(_chip(product, spot, now))
    if mesh.products and len(mesh.reads) <= _MOST_LINES:
        lines = [_line("/".join(a), "/".join(b), spots) for a, b in mesh.reads]
    else:
        lines = [_line(a, b, spots, count) for (a, b), count in mesh.between.items()]
    return element(
        "svg",
        _ARROW,
        together(_frame(frame, hues[name], name == mesh.focus) for name, frame in frames.items()),
        together(lines),
        together(chips),
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=round(width),
        height=round(height),
        class_="graph map",
        role="group",
        aria_label="The mesh: domains and products",
    )


_ARROW = element(
    "defs",
    element(
        "marker",
        element("path", d="M0 0 7 3.5 0 7z", class_="arrow"),
        id="arrow",
        viewBox="0 0 7 7",
        refX=6.5,
        refY=3.5,
        markerWidth=7,
        markerHeight=7,
        markerUnits="userSpaceOnUse",
        orient="auto",
    ),
)


def _columns(name: str, mesh: MeshMap) -> Sequence[Sequence[ProductSummary]]:
    """A domain's products in columns: each stands right of those of its domain that it reads."""
    products = {(p.domain, p.product): p for p in mesh.products if p.domain == name}
    inside = [(a, b) for a, b in mesh.reads if a in products and b in products]
    layers = layers_of(list(products), inside)
    joined = {key for pair in inside for key in pair}
    found: dict[int, list[ProductSummary]] = {}
    lowest = min((layers[key] for key in joined), default=0)
    for key, product in products.items():
        if key in joined:
            found.setdefault(layers[key] - lowest, []).append(product)
    alone = [product for key, product in products.items() if key not in joined]
    columns = [found[layer] for layer in sorted(found)]
    for product in alone:  # where there is room
        shortest = min(columns, key=len, default=None)
        if shortest is None or len(shortest) >= max(_MOST_IN_COLUMN, *map(len, columns)):
            columns.append(shortest := [])
        shortest.append(product)
    return [part for column in columns for part in _parts(column)]


def _parts(column: list[ProductSummary]) -> Sequence[Sequence[ProductSummary]]:
    count = -(-len(column) // _MOST_IN_COLUMN)
    size = -(-len(column) // count)
    return [column[start : start + size] for start in range(0, len(column), size)]


def _place(frames: Mapping[str, _Frame], between: Mapping[tuple[str, str], int]) -> tuple[float, float]:
    """Give every frame its place; the size of the whole."""
    names = list(frames)
    numbers = {name: number for number, name in enumerate(names)}
    layers = layers_of(names, list(between))
    lowest = min(layers.values(), default=0)
    edges = [(numbers[a], numbers[b]) for a, b in between]
    order = layered(len(names), edges, [layers[name] - lowest for name in names])
    stacks: list[list[_Frame]] = []
    for layer in order.layers:
        stack: list[_Frame] = []
        tall = 0.0
        for frame in (frames[names[number]] for number in layer if number < len(names)):
            if stack and tall + frame.height > _HIGHEST:
                stacks.append(stack)
                stack, tall = [], 0.0
            stack.append(frame)
            tall += frame.height + _ABOVE
        if stack:
            stacks.append(stack)
    heights = [sum(f.height for f in stack) + _ABOVE * (len(stack) - 1) for stack in stacks]
    highest = max(heights, default=0.0)
    x = float(_MARGIN)
    for stack, tall in zip(stacks, heights, strict=True):
        y = _MARGIN + (highest - tall) / 2
        widest = max(frame.width for frame in stack)
        for frame in stack:
            frame.x, frame.y = x + (widest - frame.width) / 2, y
            y += frame.height + _ABOVE
        x += widest + _BETWEEN
    return x - _BETWEEN + _MARGIN, highest + 2 * _MARGIN


def _frame(frame: _Frame, hue: int, focus: bool) -> Markup:
    domain, x, y = frame.domain, frame.x, frame.y
    parts = [
        element("rect", x=x, y=y, width=frame.width, height=frame.height, rx=12, class_="frame-back"),
        element("rect", x=x + 14, y=y + 14, width=4, height=14, rx=2, class_=f"hue-{hue}"),
    ]
    href = page_of(domain.name) if frame.columns else f"/map?domain={domain.name}"
    title = element(
        "text",
        element("title", domain.description or domain.name),
        shortened(label(domain.name), 24 if frame.width < 300 else 48),
        x=x + 26,
        y=y + 26,
        class_="frame-title",
    )
    parts.append(element("a", title, href=href))
    if not frame.columns:
        parts.append(_figure(domain, x + 14, y + _TITLE, frame.width - 28))
    kind = "frame focus" if focus else "frame"
    data = {} if frame.columns else {"data_key": domain.name}
    return element("g", *parts, class_=kind, **data)


def _figure(domain: DomainSummary, x: float, y: float, width: float) -> Markup:
    """How many products a domain has, and how they are."""
    bars = []
    left = x
    for level in LEVELS:
        part = width * domain.health.get(level, 0) / max(domain.products, 1)
        if part:
            bars.append(element("rect", x=left, y=y + 20, width=part, height=6, class_=f"fill-{level}"))
        left += part
    text = element("text", plural(domain.products, "product"), x=x, y=y + 10, class_="box-above")
    return element("g", text, *bars)


def _chips(frame: _Frame) -> list[tuple[ProductSummary, _Spot]]:
    found = []
    for place, column in enumerate(frame.columns):
        x = frame.x + _PAD + place * (_CHIP + _COLUMN)
        tallest = max(map(len, frame.columns))
        y = frame.y + _TITLE + (tallest - len(column)) * (_TALL + _ROW) / 2
        for product in column:
            found.append((product, _Spot(x, y, _CHIP, _TALL)))
            y += _TALL + _ROW
    return found


def _chip(product: ProductSummary, spot: _Spot, now: datetime) -> Markup:
    health = product.health(now)
    hint = "\n".join([f"{product.title}: {health.word}", *health.reasons])
    back = element("rect", x=spot.x, y=spot.y, width=spot.width, height=spot.height, rx=7, class_="box-back")
    title = element(
        "text",
        shortened(product.title, 20),
        x=spot.x + 26,
        y=spot.y + spot.height / 2 + 4.5,
        class_="chip-title",
    )
    mark = health_mark(health.level, spot.x + 14, spot.y + spot.height / 2)
    inside = element(
        "a", element("title", hint), back, mark, title, href=page_of(product.domain, product.product)
    )
    kind = f"box {product.status}" if product.status in ("draft", "proposed", "deprecated") else "box"
    return element("g", inside, class_=kind, data_key=str(product.key))


def _line(start: str, end: str, spots: Mapping[str, _Spot], count: int | None = None) -> Markup:
    a, b = spots[start], spots[end]
    from_y, to_y = a.y + a.height / 2, b.y + b.height / 2
    if b.x >= a.x + a.width:
        from_x, to_x, out, into = a.x + a.width, b.x, 1, -1
    elif b.x + b.width <= a.x:
        from_x, to_x, out, into = a.x, b.x + b.width, -1, 1
    else:
        from_x, to_x, out, into = a.x + a.width, b.x + b.width, 1, 1
    bow = max(26.0, abs(to_x - from_x) * 0.45)
    path = (
        f"M{from_x:.1f} {from_y:.1f}C{from_x + out * bow:.1f} {from_y:.1f} "
        f"{to_x + into * bow:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
    )
    hint = (
        f"{start} is read by {end}" if count is None else f"{end} reads {plural(count, 'time')} from {start}"
    )
    thickness = None if count is None else round(min(1 + count**0.5 / 2, 6), 1)
    return element(
        "path",
        element("title", hint),
        d=path,
        class_="wire",
        stroke_width=thickness,
        marker_end="url(#arrow)",
        data_from=start,
        data_to=end,
    )
