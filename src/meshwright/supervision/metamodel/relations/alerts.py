"""Alerts about incidents."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, integer, text, timestamp
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.world import World


def _rows(world: World) -> Rows:
    found = list(world.history.log.alerts.values())
    return {
        "alert": [each.id for each in found],
        "incident": [each.incident for each in found],
        "domain": [each.domain for each in found],
        "product": [each.product or None for each in found],
        "phase": [each.phase for each in found],
        "channel": [each.channel for each in found],
        "tool": [each.tool for each in found],
        "status": [each.status for each in found],
        "attempts": [each.attempts for each in found],
        "first_at": [each.first_at for each in found],
        "last_at": [each.last_at for each in found],
        "next_at": [each.next_at for each in found],
        "reason": [each.reason for each in found],
    }


RELATION = Relation(
    name="alerts",
    description="Which support channels were told of the begin and the end of incidents.",
    columns=(
        text(
            "alert",
            "Its id, which the receiver is told too: what comes twice has the same.",
            required=True,
        ),
        text("incident", "The incident.", required=True),
        text("domain", "The owning domain.", required=True),
        text("product", "The product; null where it is a domain's."),
        text("phase", "`begin` or `end` of the incident.", required=True),
        text("channel", "The support channel, by its name.", required=True),
        text("tool", "What it is: `webhook`, `slack`, `teams`, `mattermost` or `email`.", required=True),
        text(
            "status",
            "`attempted`, `delivered`, `failed` (tried again at `next_at`) or `given_up`.",
            required=True,
        ),
        integer("attempts", "How often it was tried.", required=True),
        timestamp("first_at", "When it was first tried.", required=True),
        timestamp("last_at", "When it was last tried, or answered.", required=True),
        timestamp("next_at", "When it is tried next, if it was not delivered."),
        text("reason", "Why it was not delivered."),
    ),
    key=("alert",),
    derive=_rows,
    follows=frozenset({"facts"}),
)
