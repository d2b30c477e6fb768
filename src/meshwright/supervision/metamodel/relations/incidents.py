"""Incidents."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, text, timestamp
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.world import World


def _rows(world: World) -> Rows:
    found = list(world.history.log.incidents.values())
    return {
        "incident": [each.id for each in found],
        "domain": [each.domain for each in found],
        "product": [each.product or None for each in found],
        "kind": [each.key.kind for each in found],
        "address": [each.key.address for each in found],
        "what": [each.key.what for each in found],
        "severity": [each.severity for each in found],
        "status": ["open" if each.ended_at is None else "ended" for each in found],
        "summary": [each.summary for each in found],
        "began_at": [each.began_at for each in found],
        "opened_at": [each.opened_at for each in found],
        "last_seen": [each.seen_at for each in found],
        "ended_at": [each.ended_at for each in found],
        "reason": [each.reason for each in found],
        "run": [each.run for each in found],
    }


RELATION = Relation(
    name="incidents",
    description="What went wrong and was found by a sweep, with its begin and its end.",
    columns=(
        text("incident", "Its id.", required=True),
        text("domain", "The owning domain.", required=True),
        text("product", "The product; null where it is a domain's."),
        text("kind", "`run`, `service_level` or `violation`.", required=True),
        text("address", "The address of the product, port, ... that is at fault.", required=True),
        text("what", "What of it: `run`, the service level, the policy.", required=True),
        text("severity", "`error` or `warning`.", required=True),
        text("status", "`open` or `ended`.", required=True),
        text("summary", "What happened, in words.", required=True),
        timestamp("began_at", "When it began.", required=True),
        timestamp("opened_at", "When that was found.", required=True),
        timestamp("last_seen", "When it was last found by a run.", required=True),
        timestamp("ended_at", "When it ended; null while it is open."),
        text("reason", "Why it ended, in words."),
        text("run", "The run that showed it."),
    ),
    key=("incident",),
    derive=_rows,
    follows=frozenset({"facts"}),
)
