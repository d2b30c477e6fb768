"""Service levels of contracts."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, as_text, integer, text
from meshwright.supervision.metamodel.levels import Level, Walk, custom_text, parts_of
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import CONTRACT, CONTRACT_KEY


def _levels(walk: Walk) -> Level:
    level = parts_of(walk.bound, "slaProperties")
    level.known["path"] = [f"slaProperties[{position - 1}]" for position in level.known["position"]]
    return level


def _read(level: Level, rows: Rows) -> Rows:
    return {
        "property": [str(item.get("property") or "").lower() for item in level.items],
        "value": [as_text(value) for value in level.values("value")],
        "value_ext": [as_text(value) for value in level.values("valueExt")],
        "severity": [custom_text(item, "severity") for item in level.items],
    }


RELATION = Relation(
    name="service_levels",
    description="What contracts promise about time and service (`slaProperties`).",
    columns=(
        *CONTRACT,
        text("path", "Its place in the contract: `slaProperties[0]`.", required=True),
        integer("position", "The same as a number, from 1.", required=True),
        text(
            "property",
            "`latency`, `frequency`, `retention`, `availability`, ..., in lower case.",
            required=True,
        ),
        text("value", "How much; what is no text as JSON."),
        text("value_ext", "More of the value."),
        text("unit", "The unit of the value.", "unit"),
        text("element", "The columns that it is about.", "element"),
        text("driver", "Why: `regulatory`, `analytics`, `operational`.", "driver"),
        text("severity", "What a broken one counts, where the contract says so."),
        text("description", "The same for people.", "description"),
        text("schedule", "When it is to be checked.", "schedule"),
        text("scheduler", "What the schedule is for.", "scheduler"),
    ),
    key=(*CONTRACT_KEY, "position"),
    level=_levels,
    compute=_read,
)
