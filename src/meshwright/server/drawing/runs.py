"""Runs as bars: what each of them found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from meshwright.server.drawing.svg import element, together
from meshwright.server.wording import instant
from meshwright.supervision.catalogue.quality import JudgedRun

_HEIGHT = 96
_STEP = 20
_BAR = 12
_LEAST_BARS = 12
_LEAST = 3.0  # of a part that is there, so that one failed check among a thousand is seen


def run_bars(runs: Sequence[JudgedRun]) -> Markup:
    """The checks of each run, oldest first: failed at the bottom, then passed, then not judged."""
    width = max(len(runs), _LEAST_BARS) * _STEP
    most = max((run.passed + run.failed + run.not_judged for run in runs), default=0) or 1
    bars = []
    for place, run in enumerate(runs):
        left = float(place * _STEP + (_STEP - _BAR) / 2)
        title = f"{instant(run.at)}: {run.status}, {run.passed} passed, {run.failed} failed"
        parts = [element("title", title)]
        bottom = float(_HEIGHT)
        for kind, count in (("bad", run.failed), ("good", run.passed), ("none", run.not_judged)):
            if count:
                height = max(_LEAST, (_HEIGHT - 12) * count / most)
                bottom -= height
                parts.append(
                    element(
                        "rect", x=left, y=bottom, width=_BAR, height=height, rx=1.5, class_=f"fill-{kind}"
                    )
                )
                bottom -= 1
        if run.status != "published":
            parts.append(
                element("rect", x=left, y=bottom - 9, width=_BAR, height=6, rx=1.5, class_="fill-bad")
            )
        bars.append(element("g", *parts))
    base = element("line", x1=0, x2=width, y1=_HEIGHT + 0.5, y2=_HEIGHT + 0.5, class_="axis")
    return element(
        "svg",
        base,
        together(bars),
        *_dates(runs),
        viewBox=f"0 0 {width} {_HEIGHT + 18}",
        width=width,
        height=_HEIGHT + 18,
        class_="bars",
        role="img",
        aria_label=f"Checks of the last {len(runs)} runs",
    )


def _dates(runs: Sequence[JudgedRun]) -> list[Markup]:
    """The days of the first run and of the last one, below their bars."""
    days = [run.at.date().isoformat() if run.at else "" for run in (*runs[:1], *runs[-1:])]
    found = [element("text", days[0], x=0, y=_HEIGHT + 15, class_="box-above")] if days else []
    if len(runs) > _LEAST_BARS:
        end = len(runs) * _STEP
        found.append(element("text", days[1], x=end, y=_HEIGHT + 15, class_="box-above", text_anchor="end"))
    return found


def day_line(days: Sequence[tuple[date, int]]) -> Markup:
    """A count by day as an area."""
    if not days:
        return Markup("")
    width, height = 560, 110
    most = max(count for _, count in days) or 1
    step = width / max(len(days) - 1, 1)
    points = [(place * step, height - (height - 12) * count / most) for place, (_, count) in enumerate(days)]
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    until = days[-1][0].isoformat()
    last = f"{days[-1][1]} on {until}"
    return element(
        "svg",
        element("path", d=f"M0 {height}L{line}L{width} {height}z", class_="area"),
        element("path", d=f"M{line}", class_="area-line"),
        element("line", x1=0, x2=width, y1=height + 0.5, y2=height + 0.5, class_="axis"),
        element("text", days[0][0].isoformat(), x=0, y=height + 16, class_="box-above"),
        element(
            "text", days[-1][0].isoformat(), x=width, y=height + 16, class_="box-above", text_anchor="end"
        ),
        element("text", f"{most:,} at most", x=0, y=10, class_="box-above"),
        viewBox=f"0 0 {width} {height + 20}",
        class_="chart",
        role="img",
        aria_label=f"Open violations by day: {last}, {most} at most",
    )
