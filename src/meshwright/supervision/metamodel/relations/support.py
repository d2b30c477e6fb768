"""Where one asks for help."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import Rows, integer, text
from meshwright.supervision.metamodel.levels import Level, Walk, custom_text, joined, parts_of
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import element

_COLUMNS = (
    *element("the channel is of"),
    integer("position", "The channel's place, from 1.", required=True),
    text("channel", "Its name.", "channel", required=True),
    text("url", "Where it is.", "url"),
    text("tool", "What it is: `email`, `slack`, `ticket`, ...", "tool"),
    text("scope", "What it is for: `interactive`, `announcements`, `issues`, ...", "scope"),
    text("description", "More about it.", "description"),
    text("invitation_url", "Where one asks to join.", "invitationUrl"),
    text("alerts", "Whether alerts go there, where the custom property `alerts` says so: `True`, `False`."),
)


def _rows(walk: Walk) -> Rows:
    levels = (("domain", walk.domains), ("product", walk.products), ("contract", walk.bound))
    return joined([(kind, _channels(above)) for kind, above in levels], _COLUMNS)


def _channels(above: Level) -> Level:
    level = parts_of(above, "support")
    level.known["alerts"] = [custom_text(item, "alerts") for item in level.items]
    return level


RELATION = Relation(
    name="support",
    description="Support channels of domains, products and contracts.",
    columns=_COLUMNS,
    key=("of", "address", "position"),
    collect=_rows,
)
