"""Values as people read them on pages."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any

from meshwright.supervision.catalogue.history import Change

_STEPS = (
    (60, 1, "second"),
    (3600, 60, "minute"),
    (86_400, 3600, "hour"),
    (30 * 86_400, 86_400, "day"),
    (365 * 86_400, 30 * 86_400, "month"),
)


def label(name: str) -> str:
    """A segment of an address as a heading.

    >>> label("premium_offices"), label("d1")
    ('Premium offices', 'D1')
    """
    return name.replace("_", " ").capitalize()


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago something was, or in how long it will be.

    >>> ago(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 3, tzinfo=UTC))
    '3 hours ago'
    """
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    text = span(abs(seconds))
    if text == "now":
        return "just now"
    return f"{text} ago" if seconds > 0 else f"in {text}"


def span(seconds: float) -> str:
    """A length of time in its largest unit.

    >>> span(30), span(90), span(200_000)
    ('now', '1 minute', '2 days')
    """
    if seconds < 45:
        return "now"
    for limit, unit, name in _STEPS:
        if seconds < limit or name == "month":
            if seconds >= 365 * 86_400:
                return plural(round(seconds / (365 * 86_400)), "year")
            return plural(max(1, int(seconds // unit)), name)
    return "now"


def instant(moment: datetime | None) -> str:
    """A moment to the minute, in UTC.

    >>> instant(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    '2026-01-02 03:04 UTC'
    """
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def iso(moment: datetime | None) -> str:
    """A moment for programs (ISO 8601)."""
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def day_of(text: str | None) -> date | None:
    """The day that a date or a moment in a document means; None where it is none."""
    try:
        return datetime.fromisoformat(text or "").date()
    except ValueError:
        return None


def number(value: float | None) -> str:
    """A number with its thousands set apart; nothing for None.

    >>> number(1234567), number(0.25), number(None)
    ('1,234,567', '0.25', '')
    """
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def plural(count: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "table"), plural(1200, "table"), plural(2, "policy")
    ('1 table', '1,200 tables', '2 policies')
    """
    if count == 1:
        return f"1 {noun}"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        noun = noun[:-1] + "ie"
    return f"{count:,} {noun}s"


def size(count: int | None) -> str:
    """Bytes in the unit that gives few digits (powers of 1,000).

    >>> size(999), size(15_956), size(209_231_872), size(None)
    ('999 B', '16 kB', '209 MB', '')
    """
    if count is None:
        return ""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 999.5 or unit == "TB":
            return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return ""


def seconds(value: float | None) -> str:
    """A duration.

    >>> seconds(0.0332), seconds(12.3), seconds(125), seconds(9000)
    ('33 ms', '12 s', '2 min 5 s', '2 h 30 min')
    """
    if value is None:
        return ""
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 60:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def shown(value: Any) -> str:
    """A value of a document: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def percent(part: float, whole: float) -> str:
    """A share.

    >>> percent(1, 3), percent(0, 0)
    ('33 %', '')
    """
    return f"{100 * part / whole:.0f} %" if whole else ""


def person(row: Any) -> str:
    """Somebody's name; the user name where there is no other."""
    return str(row.get("name") or row.get("username") or "")


def initials(name: str) -> str:
    """Two letters that stand for somebody.

    >>> initials("Mila Lind"), initials("f.haas@premium-offices.example"), initials("")
    ('ML', 'FH', '?')
    """
    words = re.findall(r"[^\W\d_]+", name.partition("@")[0])
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper() or "?"


def sql_name(name: str, major: int | None = None) -> str:
    """A table's name as it stands behind `domain.product.`; with a major where a newer one is served.

    >>> sql_name("deals"), sql_name("deals", 1), sql_name("Open deals")
    ('deals', '"deals@1"', '"Open deals"')
    """
    whole = name if major is None else f"{name}@{major}"
    if re.fullmatch(r"[a-z_][a-z0-9_]*", whole):
        return whole
    return '"' + whole.replace('"', '""') + '"'


def change_text(change: Change) -> str:
    """What a fact changed, in a sentence."""
    said = change.payload
    match change.kind:
        case "product.applied":
            return "First applied" if said.get("action") == "add" else "Its declarations changed"
        case "product.status":
            return f"Went from {said.get('from')} to {said.get('to')}"
        case "contract.broken":
            return f"Breaking change of port {said.get('port')}: {said.get('from')} to {said.get('to')}"
        case "publication.rolled_back":
            return f"Rolled back to publication {said.get('number')}"
        case "product.unpinned":
            return "No longer pinned"
    return change.kind


def web_address(text: str | None) -> str | None:
    """An address that a page may link to: of the web or of mail; None for any other.

    >>> web_address("https://x.example/a"), web_address("javascript:alert(1)")
    ('https://x.example/a', None)
    """
    plain = (text or "").strip()
    return plain if plain.lower().startswith(("https://", "http://", "mailto:")) else None
