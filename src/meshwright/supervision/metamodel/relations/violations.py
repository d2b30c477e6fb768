"""Violations of policies, as they were recorded."""

from __future__ import annotations

from meshwright.model.policy import domain_of, product_of, read_set
from meshwright.supervision.metamodel.column import Rows, text, timestamp
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.world import World


def _rows(world: World) -> Rows:
    known = [*world.history.fixed, *world.history.broken.values()]
    sets = [read_set(each.owner, each.repository, each.document) for each in world.policies]
    waivers = [waiver for each in sets for waiver in each.waivers]
    products = [product_of(each.address) for each in known]
    until = (
        [w.expires for w in waivers if w.policy == each.policy and w.covers(each.address)] for each in known
    )
    same = ("policy", "address", "severity", "reason", "first_seen", "fixed_at", "because")
    return {
        **{name: [getattr(each, name) for each in known] for name in same},
        "domain": [domain_of(each.address) for each in known],
        "product": [product and product.partition("/")[2] for product in products],
        "status": ["open" if each.fixed_at is None else "fixed" for each in known],
        "waived_until": [max(days, default=None) for days in until],
    }


RELATION = Relation(
    name="violations",
    description=(
        "Violations of policies, as sweeps and publications recorded them; one that came back is another row."
    ),
    columns=(
        text("policy", "The policy that is broken.", required=True),
        text("address", "Where.", required=True),
        text("domain", "The domain of that address."),
        text("product", "The product of that address; null where it is a domain's."),
        text("status", "`open` or `fixed`.", required=True),
        text("severity", "`error`, `warning` or `info`, as last recorded.", required=True),
        text("reason", "What is wrong there, as last recorded.", required=True),
        timestamp("first_seen", "When it was recorded first.", required=True),
        timestamp("fixed_at", "When it was found to be gone; null while it is open."),
        text("because", "Why it is gone: `mended`, or `withdrawn` with its policy or product."),
        text("waived_until", "The last day of the waiver that covers it (ISO 8601 date); null without one."),
    ),
    key=("policy", "address", "first_seen"),
    derive=_rows,
    follows=frozenset({"facts", "policies"}),
)
