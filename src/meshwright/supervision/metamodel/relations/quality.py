"""Quality rules of contracts."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from meshwright.standards.odcs import OPERATORS, SEVERITIES
from meshwright.supervision.metamodel.column import Rows, array, as_text, integer, text, texts
from meshwright.supervision.metamodel.levels import Level, Walk
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import CONTRACT_KEY, OBJECT


def _rules(walk: Walk) -> Level:
    """The rules of objects, then those of their columns."""
    level = Level(walk.objects)
    columns: list[str | None] = []
    positions: list[int] = []
    for index, item in enumerate(walk.objects.items):
        rules = item.get("quality")
        if rules:
            level.add(rules, index)
            columns += [None] * len(rules)
            positions += range(1, len(rules) + 1)
    properties = walk.properties
    if "quality" in properties.fields:
        for index in [index for index, item in enumerate(properties.items) if "quality" in item]:
            rules = properties.items[index]["quality"]
            if rules:
                level.add(rules, properties.of[index])
                columns += [properties.paths[index]] * len(rules)
                positions += range(1, len(rules) + 1)
    level.known = {"path": columns, "position": positions}
    return level


def _read(level: Level, rows: Rows) -> Rows:
    size = len(level)
    metric, operator, threshold = rows["metric"], *(array(None, "text", size) for _ in range(2))
    if "rule" in level.fields:  # its deprecated name
        metric = pc.coalesce(metric, array(level.values("rule"), "text", size))
    for each in OPERATORS:
        if each in level.fields:
            given = [value if value is None else as_text(value) for value in level.values(each)]
            values = array(given, "text", size)
            operator = pc.coalesce(operator, pc.if_else(pc.is_valid(values), each, None))
            threshold = pc.coalesce(threshold, values)
    severity = pc.utf8_lower(pc.fill_null(rows["severity"], "error"))
    known = pc.is_in(severity, value_set=pa.array(SEVERITIES))
    return {
        "metric": metric,
        "type": pc.coalesce(rows["type"], pc.if_else(pc.is_valid(metric), "library", "text")),
        "severity": pc.if_else(known, severity, "error"),
        "operator": operator,
        "threshold": threshold,
    }


RELATION = Relation(
    name="quality",
    description="Quality rules of objects and columns; what the schema itself demands is in `columns`.",
    columns=(
        *OBJECT,
        text("path", "The path of the column; null for a rule of the object."),
        integer("position", "Its place among the rules of the object or column, from 1.", required=True),
        text("id", "Its `id`.", "id"),
        text("name", "Its name.", "name"),
        text("type", "`library`, `sql`, `custom`, or `text` for people.", "type", required=True),
        text("metric", "What a library rule measures.", "metric"),
        text("query", "What a SQL rule asks.", "query"),
        text("engine", "What runs a custom rule.", "engine"),
        text("dimension", "Its quality dimension.", "dimension"),
        text("severity", "`error` stops publication; `warning`, `info`.", "severity", required=True),
        text("operator", "`mustBe`, `mustBeLessThan`, ...; null where nothing is compared."),
        text("threshold", "What is compared with; two ends as JSON."),
        text("unit", "`rows` or `percent`.", "unit"),
        text("description", "What it is about.", "description"),
        text("business_impact", "What a broken rule means for the business.", "businessImpact"),
        text("schedule", "When it is to be checked.", "schedule"),
        text("scheduler", "What the schedule is for.", "scheduler"),
        texts("tags", "Its tags.", "tags"),
    ),
    key=(*CONTRACT_KEY, "object", "path", "position"),
    level=_rules,
    compute=_read,
)
