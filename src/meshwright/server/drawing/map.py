"""The mesh as a picture: a frame for each domain, its products in it, lines to who reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from meshwright.server.drawing.boxes import Box, Wire, draw_boxes
from meshwright.server.drawing.layers import layers_of
from meshwright.server.drawing.marks import health_mark
from meshwright.server.drawing.svg import element, shortened, together
from meshwright.server.links import page_of
from meshwright.server.wording import label, plural
from meshwright.supervision.catalogue.domains import DomainSummary
from meshwright.supervision.catalogue.health import LEVELS
from meshwright.supervision.catalogue.map import MeshMap
from meshwright.supervision.catalogue.summary import ProductSummary

_SMALL = 80
"""Up to how many products each is a box of its own place."""

_CHIP = 168
_TALL = 30
_GAP = 7  # between chips
_PAD = 12
_TITLE = 36
_BETWEEN = 36  # between frames, side by side
_ABOVE = 22  # between frames, one above the other
_MARGIN = 16
_FIGURE = 42  # the height of what a domain without chips shows
_LEAST = 196
_SHAPE = 1.9  # width over height of the whole
_MOST_LINES = 800


@dataclass
class _Frame:
    """A domain with its products in rows of two; `x` and `y` are set when it is placed."""

    domain: DomainSummary
    products: Sequence[ProductSummary]
    x: float = 0.0
    y: float = 0.0

    @property
    def width(self) -> float:
        return 2 * _PAD + 2 * _CHIP + _GAP if self.products else _LEAST

    @property
    def height(self) -> float:
        if not self.products:
            return _TITLE + _FIGURE
        rows = -(-len(self.products) // 2)
        return _TITLE + rows * (_TALL + _GAP) - _GAP + _PAD


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where something is."""

    x: float
    y: float
    width: float
    height: float


def draw_map(mesh: MeshMap, hues: Mapping[str, int], now: datetime) -> Markup:
    """The map; what is read stands left of what reads it, as far as that is possible.

    `hues` are the colours of domains. A small mesh is drawn product by product, a larger one in a frame
    for each domain.
    """
    if 0 < len(mesh.products) <= _SMALL:
        return _small(mesh, hues, now)
    return _framed(mesh, hues, now)


def _small(mesh: MeshMap, hues: Mapping[str, int], now: datetime) -> Markup:
    boxes = []
    for product in mesh.products:
        health = product.health(now)
        boxes.append(
            Box(
                str(product.key),
                product.title,
                label(product.domain),
                page_of(product.domain, product.product),
                hue=hues.get(product.domain),
                level=health.level,
                mark=product.domain == mesh.focus,
                dashed=product.status != "active",
                hint="\n".join([f"{product.key}: {health.word}", *health.reasons]),
            )
        )
    wires = [
        Wire("/".join(a), "/".join(b), hint=f"{'/'.join(a)} is read by {'/'.join(b)}") for a, b in mesh.reads
    ]
    return draw_boxes(boxes, wires, "The mesh: domains and products")


def _framed(mesh: MeshMap, hues: Mapping[str, int], now: datetime) -> Markup:
    frames = {each.name: _Frame(each, _ordered(each.name, mesh)) for each in mesh.domains}
    width, height = _place(frames, mesh.between)
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


def _ordered(name: str, mesh: MeshMap) -> Sequence[ProductSummary]:
    """A domain's products: each after those of its domain that it reads."""
    products = {(p.domain, p.product): p for p in mesh.products if p.domain == name}
    inside = [(a, b) for a, b in mesh.reads if a in products and b in products]
    layers = layers_of(list(products), inside)
    return [products[key] for key in sorted(products, key=lambda key: (layers[key], key))]


def _place(frames: Mapping[str, _Frame], between: Mapping[tuple[str, str], int]) -> tuple[float, float]:
    """Give every frame its place, in lanes from left to right as data flow; the size of the whole."""
    layers = layers_of(list(frames), list(between))
    order = sorted(frames.values(), key=lambda f: (layers[f.domain.name], f.domain.name))
    wide = max((frame.width for frame in order), default=0.0)
    total = sum(frame.height + _ABOVE for frame in order)
    count = max(1, round((total * _SHAPE / (wide + _BETWEEN)) ** 0.5)) if order else 0
    lanes: list[list[_Frame]] = [[] for _ in range(count)]
    lane, filled = 0, 0.0
    for frame in order:
        if lane < count - 1 and lanes[lane] and filled + frame.height / 2 > total * (lane + 1) / count:
            lane += 1
        lanes[lane].append(frame)
        filled += frame.height + _ABOVE
    lanes = [each for each in lanes if each]
    heights = [sum(f.height + _ABOVE for f in each) - _ABOVE for each in lanes]
    highest = max(heights, default=0.0)
    x = float(_MARGIN)
    for each in lanes:
        y = float(_MARGIN)
        for frame in each:
            frame.x, frame.y = x, y
            y += frame.height + _ABOVE
        x += max(frame.width for frame in each) + _BETWEEN
    return x - _BETWEEN + _MARGIN, highest + 2 * _MARGIN


def _frame(frame: _Frame, hue: int, focus: bool) -> Markup:
    domain, x, y = frame.domain, frame.x, frame.y
    parts = [
        element("rect", x=x, y=y, width=frame.width, height=frame.height, rx=12, class_="frame-back"),
        element("rect", x=x + 14, y=y + 14, width=4, height=14, rx=2, class_=f"hue-{hue}"),
    ]
    href = page_of(domain.name) if frame.products else f"/map?domain={domain.name}"
    title = element(
        "text",
        element("title", domain.description or domain.name),
        shortened(label(domain.name), 24 if frame.width < 300 else 48),
        x=x + 26,
        y=y + 26,
        class_="frame-title",
    )
    parts.append(element("a", title, href=href))
    if not frame.products:
        parts.append(_figure(domain, x + 14, y + _TITLE, frame.width - 28))
    kind = "frame focus" if focus else "frame"
    data = {} if frame.products else {"data_key": domain.name}
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
    for place, product in enumerate(frame.products):
        x = frame.x + _PAD + place % 2 * (_CHIP + _GAP)
        y = frame.y + _TITLE + place // 2 * (_TALL + _GAP)
        found.append((product, _Spot(x, y, _CHIP, _TALL)))
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
