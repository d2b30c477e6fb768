"""What happened to a product: publications, versions, changes of its declarations, runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from meshwright.supervision.catalogue.catalogue import Catalogue
from meshwright.supervision.catalogue.rows import Row

CHANGES = frozenset(
    {
        "product.applied",
        "product.status",
        "contract.broken",
        "publication.rolled_back",
        "product.unpinned",
    }
)
"""The kinds of facts that are changes of a product; docs/facts.md says what each holds."""

SHOWN_CHANGES = 100


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that changed the product; `payload` as in docs/facts.md."""

    kind: str
    at: datetime
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """Publications that are retained and changes, newest first."""

    publications: Sequence[Row]
    changes: Sequence[Change]


def history(catalogue: Catalogue, domain: str, product: str) -> History:
    """The versions and changes of a product."""
    facts = catalogue.index("facts").table(domain, product)
    kinds = facts["kind"].to_pylist()
    places = [place for place, kind in enumerate(kinds) if kind in CHANGES][-SHOWN_CHANGES:]
    changes = [
        Change(kinds[place], facts["at"][place].as_py(), json.loads(facts["payload"][place].as_py()))
        for place in reversed(places)
    ]
    return History(list(reversed(catalogue.of("publications", domain, product))), changes)


def runs(catalogue: Catalogue, domain: str, product: str) -> Sequence[Row]:
    """The runs of a product, newest first."""
    found = catalogue.of("runs", domain, product)
    return sorted(found, key=lambda row: row["run"], reverse=True)
