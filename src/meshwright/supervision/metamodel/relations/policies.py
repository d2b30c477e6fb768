"""Policies in force."""

from __future__ import annotations

from meshwright.model.policy import MESH, read_set
from meshwright.supervision.metamodel.column import Rows, text, texts
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.world import World


def _rows(world: World) -> Rows:
    sets = [read_set(each.owner, each.repository, each.document) for each in world.policies]
    known = [(each, policy) for each in sets for policy in each.policies]
    return {
        "policy": [policy.name for _, policy in known],
        "domain": [None if each.owner == MESH else each.owner for each, _ in known],
        "scope": [policy.scope for _, policy in known],
        "title": [policy.title for _, policy in known],
        "severity": [policy.severity for _, policy in known],
        "when": [list(policy.when) for _, policy in known],
        "why": [policy.why for _, policy in known],
        "fix": [policy.fix for _, policy in known],
        "query": [policy.query for _, policy in known],
        "file": [policy.file for _, policy in known],
        "repository": [each.repository for each, _ in known],
    }


RELATION = Relation(
    name="policies",
    description="Policies in force, as last applied.",
    columns=(
        text("policy", "Its name; that of a domain's policy is `domain/name`.", required=True),
        text("domain", "The domain that demands it; null where the mesh does."),
        text("scope", "Where violations count: `mesh`, or a domain.", required=True),
        text("title", "What holds where it is kept.", required=True),
        text("severity", "`error`, `warning` or `info`.", required=True),
        texts("when", "When it is judged: `plan`, `publish`, `continuous`.", required=True),
        text("why", "Why it is demanded.", required=True),
        text("fix", "How a violation is mended.", required=True),
        text("query", "The query whose rows are violations.", required=True),
        text("file", "Its file in the tree; `library/NAME.yaml` for one of the package.", required=True),
        text("repository", "The tree that applied it.", required=True),
    ),
    key=("policy",),
    derive=_rows,
    follows=frozenset({"policies"}),
)
