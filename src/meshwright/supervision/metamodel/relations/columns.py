"""Columns of objects, nested ones included."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from meshwright.supervision.metamodel.column import Rows, array, as_text, boolean, integer, text, texts
from meshwright.supervision.metamodel.levels import Level
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import CONTRACT_KEY, OBJECT


def _more(level: Level, rows: Rows) -> Rows:
    found: dict[str, Any] = {}
    physical = (
        array(level.values("physicalName"), "text", len(level)) if "physicalName" in level.fields else None
    )
    found["column"] = rows["name"] if physical is None else pc.coalesce(physical, rows["name"])
    if "primaryKey" in level.fields:
        found["primary_key_position"] = _positions(level, "primaryKey", "primaryKeyPosition")
    if "partitioned" in level.fields:
        found["partition_position"] = _positions(level, "partitioned", "partitionKeyPosition")
    if "examples" in level.fields:
        found["examples"] = [_texts(value) for value in level.values("examples")]
    if "enum" in level.fields:
        enums = level.values("enum")
        allowed = ([each.get("value") for each in enum or ()] for enum in enums)
        found["allowed"] = [_texts(values) if values else None for values in allowed]
    if "logicalTypeOptions" in level.fields:
        options = level.values("logicalTypeOptions")
        found["options"] = [as_text(value) if value else None for value in options]
    return found


def _positions(level: Level, flag: str, field: str) -> list[int | None]:
    """Positions from 1 among those with the flag; one that is absent or -1 is that of declaration."""
    found: list[int | None] = [None] * len(level)
    counts: dict[tuple[int, str | None], int] = {}
    for index in [index for index, item in enumerate(level.items) if flag in item]:
        if level.items[index][flag]:
            place = (level.of[index], level.parents[index])
            counts[place] = counts.get(place, 0) + 1
            declared = level.items[index].get(field)
            found[index] = int(declared) if declared is not None and declared >= 1 else counts[place]
    return found


def _texts(values: Any) -> list[str | None] | None:
    return [as_text(value) for value in values] if isinstance(values, list) else None


RELATION = Relation(
    name="columns",
    description="Columns of objects and the parts of nested ones, to any depth.",
    columns=(
        *OBJECT,
        text(
            "path",
            "The dotted path below the object, in the contract's names; `[]` stands for the items of a list, "
            "`{key}` and `{}` for the keys and values of a map.",
            required=True,
        ),
        text("address", "The object's address with `.` and the path.", required=True),
        text("name", "The column's name in the contract; null for items, keys and values.", "name"),
        text("column", "Its name in data: the physical name if there is one."),
        text("parent", "The path that it is nested in; null for a column of the object."),
        integer("depth", "How deep it is nested, from 1.", required=True),
        integer("position", "Its place among its siblings, from 1.", required=True),
        text("logical_type", "Its logical type (ODCS).", "logicalType"),
        text("physical_type", "Its type in data.", "physicalType"),
        text("options", "`logicalTypeOptions` as JSON: format, bounds, lengths, pattern."),
        text("description", "What it means.", "description"),
        text("business_name", "Its name for people.", "businessName"),
        boolean("required", "Whether it may not be null.", "required", default=False),
        boolean("unique", "Whether no value occurs twice.", "unique", default=False),
        integer("primary_key_position", "Its place in the primary key, from 1; null outside it."),
        integer("partition_position", "Its place among the partition columns, from 1; null for others."),
        text("classification", "How sensitive it is; null when nobody said.", "classification"),
        boolean("critical", "Whether it is a critical data element.", "criticalDataElement", default=False),
        text("semantic_type", "What kind of thing it is.", "semanticType"),
        text("encrypted_name", "The column that holds it encrypted.", "encryptedName"),
        texts("examples", "Examples of values; those that are no text as JSON."),
        texts("allowed", "The values that it may have (`enum`); those that are no text as JSON."),
        texts("transform_sources", "What it is made from, as the contract says.", "transformSourceObjects"),
        text("transform_logic", "How it is made, as the contract says.", "transformLogic"),
        text("transform_description", "The same for people.", "transformDescription"),
        boolean("deprecated", "Whether it is marked so.", "deprecated", default=False),
        texts("tags", "Its tags.", "tags"),
    ),
    key=(*CONTRACT_KEY, "object", "path"),
    level=lambda walk: walk.properties,
    compute=_more,
)
