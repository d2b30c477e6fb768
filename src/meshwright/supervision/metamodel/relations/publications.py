"""Publications that are retained."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, boolean, integer, text, timestamp
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import PRODUCT
from meshwright.supervision.metamodel.world import World


def _rows(world: World) -> Rows:
    known = world.publications
    return {
        "publication": [each.id for each in known],
        "domain": [each.product.domain for each in known],
        "product": [each.product.product for each in known],
        "number": [each.number for each in known],
        "run": [each.run for each in known],
        "published_at": [each.created_at for each in known],
        "due_at": [each.due_at for each in known],
        "current": [each.current for each in known],
        "pinned": [each.pinned for each in known],
        "rows": [each.rows for each in known],
        "bytes": [each.bytes for each in known],
    }


RELATION = Relation(
    name="publications",
    description="Verified sets of data that are retained; readers see the current one of each product.",
    columns=(
        text("publication", "Its id.", required=True),
        *PRODUCT,
        integer("number", "1, 2, 3, ... for each product.", required=True),
        text("run", "The run that published it.", required=True),
        timestamp("published_at", "When.", required=True),
        timestamp("due_at", "When its sources are to be read again; null: when somebody asks."),
        boolean("current", "Whether readers see it.", required=True),
        boolean("pinned", "Whether a rollback keeps it; null for one that is not current."),
        integer("rows", "Rows in its objects, quarantine and landings included.", required=True),
        integer("bytes", "Bytes of them in storage.", required=True),
    ),
    key=("publication",),
    derive=_rows,
    follows=frozenset({"publications"}),
)
