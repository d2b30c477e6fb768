"""Everything that happened."""

from __future__ import annotations

import pyarrow as pa

from meshwright.supervision.metamodel.column import integer, text, timestamp
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.world import World


def _rows(world: World) -> pa.Table:
    return world.history.tables.get("facts", RELATION.schema.empty_table())


RELATION = Relation(
    name="facts",
    description="Everything that happened, recorded once; docs/facts.md says what each kind holds.",
    columns=(
        integer("sequence", "1, 2, 3, ... without gaps.", required=True),
        text("kind", "`run.finished`, `product.applied`, ...", required=True),
        text("subject", "`domain/product`, the domain, or the environment.", required=True),
        text("domain", "The domain of the subject."),
        text("product", "The product of the subject; null where it is a domain."),
        timestamp("at", "When it was recorded.", required=True),
        text("payload", "What there is to say, as JSON.", required=True),
        text("hash", "SHA-256 over the fact before it and this one.", required=True),
    ),
    key=("sequence",),
    derive=_rows,
    follows=frozenset({"facts"}),
)
