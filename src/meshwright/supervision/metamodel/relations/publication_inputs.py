"""Which publications a publication was made from."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, text
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.world import World


def _rows(world: World) -> Rows:
    pairs = [(each, *read) for each in world.publications for read in each.inputs.items()]
    return {
        "publication": [each.id for each, _, _ in pairs],
        "from_domain": [product.partition("/")[0] for _, product, _ in pairs],
        "from_product": [product.partition("/")[2] for _, product, _ in pairs],
        "from_publication": [publication for _, _, publication in pairs],
    }


RELATION = Relation(
    name="publication_inputs",
    description="Which publications of other products each retained publication was made from.",
    columns=(
        text("publication", "The publication.", required=True),
        text("from_domain", "The domain of the product that was read.", required=True),
        text("from_product", "The product that was read.", required=True),
        text("from_publication", "The publication of it that was read.", required=True),
    ),
    key=("publication", "from_domain", "from_product"),
    derive=_rows,
    follows=frozenset({"publications"}),
)
