"""Products that were applied."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, boolean, text, texts, timestamp
from meshwright.supervision.metamodel.levels import Level, custom_text
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import PRODUCT


def _said(level: Level, rows: Rows) -> Rows:
    about = [item.get("description") or {} for item in level.items]
    teams = [item.get("team") or {} for item in level.items]
    members = [team.get("members") or () if isinstance(team, dict) else team for team in teams]
    owners = (
        [m for m in each if str(m.get("role") or "").lower() == "owner" and not m.get("dateOut")]
        for each in members
    )
    return {
        "purpose": [each.get("purpose") for each in about],
        "usage": [each.get("usage") for each in about],
        "limitations": [each.get("limitations") for each in about],
        "team": [team.get("name") if isinstance(team, dict) else None for team in teams],
        "owner": [each[0].get("username") if each else None for each in owners],
        "sunset": [custom_text(item, "sunset") for item in level.items],
        "successor": [custom_text(item, "successor") for item in level.items],
        "residency": [custom_text(item, "residency") for item in level.items],
    }


RELATION = Relation(
    name="products",
    description="Data products, as last applied.",
    columns=(
        *PRODUCT,
        text("address", "`mesh://MESH/DOMAIN/PRODUCT`.", required=True),
        text("id", "The `id` of its document.", "id", required=True),
        text("name", "Its name for people.", "name"),
        text("version", "The version of its document.", "version"),
        text("status", "`proposed`, `draft`, `active`, `deprecated` or `retired`.", required=True),
        text("type", "Its type, as its document says.", "type"),
        text("purpose", "What it is for."),
        text("usage", "How it is meant to be used."),
        text("limitations", "What it is not fit for."),
        text(
            "owner",
            "The username of the first member of its team whose role is `owner` and who has not left.",
        ),
        text("team", "The name of its team; `people` has the members."),
        text("tenant", "Its tenant.", "tenant"),
        texts("tags", "Its tags.", "tags"),
        boolean("deprecated", "Whether its document says so; `status` is what counts.", "deprecated"),
        text("sunset", "When it ends, as the document says (ISO 8601 date)."),
        text("successor", "What comes after it: a product or an address."),
        text("residency", "Where its data may be kept: the custom property `residency`."),
        text("created_at", "When its document says that it was made.", "productCreatedTs"),
        text("standard", "The version of ODPS that its document follows.", "apiVersion"),
        text("folder", "Its folder in its tree.", required=True),
        text("digest", "Changes with any of its files.", required=True),
        timestamp("applied_at", "When it was last applied; null for what a plan would apply."),
    ),
    key=("domain", "product"),
    level=lambda walk: walk.products,
    compute=_said,
)
