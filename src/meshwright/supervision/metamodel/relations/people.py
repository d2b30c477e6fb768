"""Members of teams."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, integer, text, texts
from meshwright.supervision.metamodel.levels import Level, Walk, joined
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import element

_COLUMNS = (
    *element("the team is of"),
    integer("position", "The member's place in the team, from 1.", required=True),
    text("team", "The name of the team."),
    text("username", "Who.", "username", required=True),
    text("name", "The member's name.", "name"),
    text("role", "What the member does: `owner`, `data steward`, ...", "role"),
    text("description", "More about it.", "description"),
    text("since", "When the member came.", "dateIn"),
    text("until", "When the member left.", "dateOut"),
    text("replaced_by", "Who came instead.", "replacedByUsername"),
    texts("tags", "Tags.", "tags"),
)


def _members(above: Level) -> Level:
    """The members of each team; contracts of ODCS 3.0 have a list of members for a team."""
    level = Level(above)
    teams: list[str | None] = []
    positions: list[int] = []
    for index, item in enumerate(above.items):
        team = item.get("team") or {}
        name, members = (team.get("name"), team.get("members")) if isinstance(team, dict) else (None, team)
        members = members or ()
        level.add(members, index)
        teams += [name] * len(members)
        positions += range(1, len(members) + 1)
    level.known = {"team": teams, "position": positions}
    return level


def _rows(walk: Walk) -> Rows:
    levels = (("domain", walk.domains), ("product", walk.products), ("contract", walk.bound))
    return joined([(kind, _members(above)) for kind, above in levels if "team" in above.fields], _COLUMNS)


RELATION = Relation(
    name="people",
    description="Members of the teams of domains, products and contracts.",
    columns=_COLUMNS,
    key=("of", "address", "position"),
    collect=_rows,
)
