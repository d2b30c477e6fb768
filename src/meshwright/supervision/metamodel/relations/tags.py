"""Tags of everything."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, as_text, text
from meshwright.supervision.metamodel.levels import Level, Walk, joined
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import element

_COLUMNS = (*element("is tagged"), text("tag", "The tag.", required=True))


def _tagged(above: Level) -> Level:
    level = Level(above)
    found: list[str] = []
    for index, item in enumerate(above.items):
        tags = item.get("tags")
        if isinstance(tags, list) and tags:
            found += dict.fromkeys(as_text(tag) or "" for tag in tags)
            level.add([item] * (len(found) - len(level)), index)
    level.known = {"tag": found}
    return level


def _rows(walk: Walk) -> Rows:
    tagged = [(kind, _tagged(above)) for kind, above in walk.elements if "tags" in above.fields]
    return joined(tagged, _COLUMNS)


RELATION = Relation(
    name="tags",
    description="Tags of domains, products, ports, contracts, objects and columns, one row each.",
    columns=_COLUMNS,
    key=("of", "address", "tag"),
    collect=_rows,
)
