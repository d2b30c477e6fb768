"""Columns of objects, nested ones included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
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
    found.update(_protection(level))
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


SENSITIVITY: Mapping[str, int] = {
    **dict.fromkeys(("public", "open"), 0),
    "internal": 1,
    **dict.fromkeys(("confidential", "sensitive"), 2),
    **dict.fromkeys(("personal", "pii", "restricted", "secret", "strictly confidential"), 3),
}
"""How much protection classifications ask for, the words in lower case."""

UNKNOWN_SENSITIVITY = 2
"""That of what nobody classified, and of words that mean nothing here: it counts as sensitive."""

PERSONAL = frozenset({"personal", "pii"})
"""Classifications of personal data."""


def _protection(level: Level) -> dict[str, pa.Array]:
    """The rank of each column's classification, and whether it holds personal data.

    A nested column that says nothing is as the one around it; one that holds others holds what they hold.
    """
    size = len(level)
    words = array(level.values("classification"), "text", size) if "classification" in level.fields else None
    if words is None:
        unknown = pa.nulls(size, pa.int64())
        return {
            "sensitivity": pc.fill_null(unknown, UNKNOWN_SENSITIVITY),
            "personal": pc.fill_null(unknown.cast(pa.bool_()), False),
        }
    known = pc.utf8_lower(pc.utf8_trim_whitespace(words))
    if any(parent is not None for parent in level.parents):
        return _nested_protection(level, known.to_pylist())
    keys = pa.array(list(SENSITIVITY), pa.string())
    ranks = pa.array(list(SENSITIVITY.values()), pa.int64()).take(pc.index_in(known, value_set=keys))
    personal = pc.is_in(known, value_set=pa.array(sorted(PERSONAL)))
    return {"sensitivity": pc.fill_null(ranks, UNKNOWN_SENSITIVITY), "personal": personal}


def _nested_protection(level: Level, words: list[str | None]) -> dict[str, pa.Array]:
    places: dict[tuple[int, str], int] = {}
    above: list[int | None] = []
    for index, (of, path, parent) in enumerate(zip(level.of, level.paths, level.parents, strict=True)):
        place = None if parent is None else places.get((of, parent))
        if words[index] is None and place is not None:
            words[index] = words[place]
        above.append(place)
        places[of, path] = index
    ranks: list[int | None] = [
        None if word is None else SENSITIVITY.get(word, UNKNOWN_SENSITIVITY) for word in words
    ]
    personal = [word in PERSONAL for word in words]
    for index in range(len(words) - 1, -1, -1):
        found, place = ranks[index], above[index]
        if found is None:
            found = ranks[index] = UNKNOWN_SENSITIVITY
        if place is not None:
            ranks[place] = max(ranks[place] or 0, found)
            personal[place] = personal[place] or personal[index]
    return {"sensitivity": pa.array(ranks, pa.int64()), "personal": pa.array(personal, pa.bool_())}


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
        integer(
            "sensitivity",
            "How much protection its classification asks for: 0 public, 1 internal, 2 confidential, "
            "3 personal, restricted or secret; 2 where nobody said. A nested column is as the one around it "
            "unless it says otherwise, and one that holds others is at least as they are.",
            required=True,
        ),
        boolean("personal", "Whether it is, or holds, what is classified as personal data.", required=True),
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
