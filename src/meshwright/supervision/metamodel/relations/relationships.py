"""References between columns."""

from __future__ import annotations

from typing import Any

from meshwright.model.contract import Relationship
from meshwright.standards.references import References
from meshwright.supervision.metamodel.column import integer, text, texts
from meshwright.supervision.metamodel.levels import Level, Walk
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import CONTRACT_KEY, OBJECT


def _found(walk: Walk) -> Level:
    objects, properties = walk.objects, walk.properties
    readers: dict[int, References] = {}
    found: list[tuple[int, Relationship, Any]] = []

    def reader(index: int) -> References:
        contract = objects.of[index]
        if contract not in readers:
            readers[contract] = References(walk.contracts.items[contract].get("schema") or ())
        return readers[contract]

    if "relationships" in objects.fields:
        for index, item in enumerate(objects.items):
            if item.get("relationships"):
                read = reader(index).of_object(item, "")
                found += [(index, *pair) for pair in zip(read, item["relationships"], strict=True)]
    if "relationships" in properties.fields:
        for place, item in enumerate(properties.items):
            if item.get("relationships"):
                index = properties.of[place]
                read = reader(index).of_property(item, "", properties.paths[place])
                found += [(index, *pair) for pair in zip(read, item["relationships"], strict=True)]
    level = Level(objects)
    level.items = [entry for _, _, entry in found]
    level.of = [index for index, _, _ in found]
    counts: dict[int, int] = {}
    positions = []
    for index in level.of:
        counts[index] = counts.get(index, 0) + 1
        positions.append(counts[index])
    level.known = {
        "position": positions,
        "from_columns": [list(each.from_) for _, each, _ in found],
        "to_contract": [each.to_contract for _, each, _ in found],
        "to_object": [each.to_object for _, each, _ in found],
        "to_columns": [list(each.to) for _, each, _ in found],
    }
    return level


RELATION = Relation(
    name="relationships",
    description="Which columns refer to which (foreign keys).",
    columns=(
        *OBJECT,
        integer("position", "Its place among the relationships of the object, from 1.", required=True),
        text("type", "`foreignKey` where nothing else is said.", "type", default="foreignKey"),
        texts("from_columns", "The paths that refer.", required=True),
        text(
            "to_contract", "The file or URL of the other contract; null within this one, and for addresses."
        ),
        text("to_object", "The object that is referred to, or the domain of an address.", required=True),
        texts(
            "to_columns",
            "The paths that are referred to; `product.object.path` after a domain.",
            required=True,
        ),
    ),
    key=(*CONTRACT_KEY, "object", "position"),
    level=_found,
)
