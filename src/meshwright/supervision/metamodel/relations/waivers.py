"""Exceptions to policies."""

from __future__ import annotations

from meshwright.model.policy import MESH, domain_of, product_of, read_set
from meshwright.supervision.metamodel.column import Rows, text
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.world import World


def _rows(world: World) -> Rows:
    known = [
        waiver
        for each in world.policies
        for waiver in read_set(each.owner, each.repository, each.document).waivers
    ]
    same = ("policy", "address", "reason", "approver", "expires", "file")
    products = [product_of(waiver.address) for waiver in known]
    return {
        **{name: [getattr(waiver, name) for waiver in known] for name in same},
        "domain": [domain_of(waiver.address) for waiver in known],
        "product": [product and product.partition("/")[2] for product in products],
        "by": [None if waiver.owner == MESH else waiver.owner for waiver in known],
    }


RELATION = Relation(
    name="waivers",
    description="Dated exceptions to policies, as last applied.",
    columns=(
        text("policy", "The policy that may be broken.", required=True),
        text("address", "Where: at this address, and at all below it.", required=True),
        text("domain", "The domain of that address."),
        text("product", "The product of that address; null where it is a domain's."),
        text("reason", "Why.", required=True),
        text("approver", "Who allowed it.", required=True),
        text("expires", "The last day that it holds (ISO 8601 date).", required=True),
        text("by", "The domain that waives; null where the mesh does."),
        text("file", "Its file in the tree.", required=True),
    ),
    key=("file",),
    derive=_rows,
    follows=frozenset({"policies"}),
)
