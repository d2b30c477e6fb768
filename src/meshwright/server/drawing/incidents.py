"""Incidents along time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from markupsafe import Markup

from meshwright.server.drawing.svg import element, shortened, together
from meshwright.server.wording import instant
from meshwright.supervision.catalogue.incidents import ShownIncident

DAYS = 30
"""How far back the line goes."""

_WIDTH = 1160
_LANES = 8
_LANE = 30
_BAR = 8
_LEAST = 3.0  # of an incident of minutes, so that it is seen


def incident_lines(incidents: Sequence[ShownIncident], now: datetime) -> Markup:
    """One line for each thing that went wrong in the last `DAYS` days, newest first; a bar for each time."""
    start = now - timedelta(days=DAYS)
    lanes: dict[tuple[str, str, str], list[ShownIncident]] = {}
    for each in incidents:
        if each.ended_at is None or each.ended_at > start:
            row = each.row
            lanes.setdefault((row["kind"], row["address"], row["what"]), []).append(each)
    if not lanes:
        return Markup("")
    shown = list(lanes.items())[:_LANES]
    height = len(shown) * _LANE
    parts: list[Markup] = []
    for place, ((kind, _, what), times) in enumerate(shown):
        top = float(place * _LANE)
        name = what if kind == "run" else f"{kind.replace('_', ' ')}: {what}"
        parts.append(element("text", shortened(name, 90), x=0, y=top + 12, class_="box-above"))
        parts.append(element("line", x1=0, x2=_WIDTH, y1=top + 20.5, y2=top + 20.5, class_="axis"))
        parts += [_bar(each, start, now, top + 20.5 - _BAR / 2) for each in reversed(times)]
    parts.append(element("text", f"{start:%Y-%m-%d}", x=0, y=height + 12, class_="box-above"))
    parts.append(element("text", "now", x=_WIDTH, y=height + 12, class_="box-above", text_anchor="end"))
    return element(
        "svg",
        together(parts),
        viewBox=f"0 0 {_WIDTH} {height + 16}",
        class_="chart",
        role="img",
        aria_label=f"Incidents of the last {DAYS} days: {sum(map(len, lanes.values()))}",
    )


def _bar(each: ShownIncident, start: datetime, now: datetime, top: float) -> Markup:
    scale = _WIDTH / (now - start).total_seconds()
    left = max(0.0, (each.began_at - start).total_seconds() * scale)
    right = min(float(_WIDTH), ((each.ended_at or now) - start).total_seconds() * scale)
    width = max(_LEAST, right - left)
    until = instant(each.ended_at) if each.ended_at else "now"
    title = element("title", f"{instant(each.began_at)} to {until}: {each.row['summary']}")
    x = min(left, _WIDTH - width)
    return element("rect", title, x=x, y=top, width=width, height=_BAR, rx=1.5, class_=f"fill-{each.level}")
