"""Roles that contracts give access by."""

from __future__ import annotations

from meshwright.supervision.metamodel.column import integer, text
from meshwright.supervision.metamodel.levels import parts_of
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import CONTRACT, CONTRACT_KEY

RELATION = Relation(
    name="roles",
    description="Roles that contracts give access by, and who approves.",
    columns=(
        *CONTRACT,
        integer("position", "Its place in the contract, from 1.", required=True),
        text("role", "Its name.", "role", required=True),
        text("description", "Who has it.", "description"),
        text("access", "What it may do.", "access"),
        text("first_level_approvers", "Who approves first.", "firstLevelApprovers"),
        text("second_level_approvers", "Who approves second.", "secondLevelApprovers"),
    ),
    key=(*CONTRACT_KEY, "position"),
    level=lambda walk: parts_of(walk.bound, "roles"),
)
