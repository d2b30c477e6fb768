"""Domains that were applied."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, text, texts
from meshwright.supervision.metamodel.levels import Level
from meshwright.supervision.metamodel.relation import Relation


def _team(level: Level, rows: Rows) -> Rows:
    return {"team": [(item.get("team") or {}).get("name") for item in level.items]}


RELATION = Relation(
    name="domains",
    description="Business areas that own products, as last applied.",
    columns=(
        text("domain", "The domain's name in addresses.", required=True),
        text("address", "`mesh://MESH/DOMAIN`.", required=True),
        text("description", "What the domain is about.", "description"),
        text("team", "The name of its team; `people` has the members."),
        texts("tags", "Its tags.", "tags"),
        text("repository", "The tree that applied it (`repository` of mesh.yaml).", required=True),
        text("digest", "Changes with its document.", required=True),
    ),
    key=("domain",),
    level=lambda walk: walk.domains,
    compute=_team,
)
