"""Service levels of output ports against what runs found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.compute as pc

from meshwright.model.address import major_of
from meshwright.supervision.metamodel.column import Rows, integer, text, timestamp
from meshwright.supervision.metamodel.relation import Relation
from meshwright.supervision.metamodel.relations.shared import PRODUCT
from meshwright.supervision.metamodel.world import World

_PLACE = ("domain", "product", "port", "major", "contract_version", "path")


def _rows(world: World) -> Rows:
    """The verdict of the last run after the product was applied; the worst of several elements."""
    levels = world.table("service_levels")
    levels = levels.filter(pc.equal(levels["binding"], "output"))
    rows: dict[str, Any] = {name: levels[name] for name in _SAME}
    rows["status"] = ["unknown"] * len(levels)
    if not world.history.judged:
        return rows
    products = world.lists("products", ("domain", "product", "applied_at"))
    applied = {(d, p): at for d, p, at in zip(*products.values(), strict=True)}
    judged = _judged(world, applied)
    more: dict[str, list[Any]] = {name: [] for name in (*_TOLD, "judged_at", "run")}
    for place in zip(*(levels[name].to_pylist() for name in _PLACE), strict=True):
        at, run, found = judged.get(place, (None, None, ()))
        worst = min(found, key=lambda each: _ORDER.get(each.get("status"), 3), default={})
        more["status"].append(_STATUS.get(worst.get("status"), "unknown"))
        untils = [each["kept_until"] for each in found if each.get("kept_until")]
        more["kept_until"].append(min(untils, default=None) if worst.get("status") == "pass" else None)
        more["expected"].append(worst.get("expected"))
        more["observed"].append(worst.get("observed"))
        more["judged_at"].append(at)
        more["run"].append(run)
    return rows | more


_SAME = ("domain", "product", "port", "major", "contract_id", "path", "property", "value", "unit", "severity")

_TOLD = ("status", "expected", "observed", "kept_until")

_ORDER: Mapping[Any, int] = {"fail": 0, "warn": 0, "error": 1, "skip": 2, "pass": 3}
_STATUS: Mapping[Any, str] = {"fail": "broken", "warn": "broken", "pass": "kept"}
"""A service level that does not stop publication warns where it is broken."""

_Verdicts = tuple[str, str, Sequence[Mapping[str, Any]]]


def _judged(world: World, applied: Mapping[tuple[str, str], Any]) -> Mapping[tuple[Any, ...], _Verdicts]:
    from datetime import datetime

    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    told: dict[tuple[str, str], tuple[str, str]] = {}
    for product, last in world.history.judged.items():
        since = applied.get(product)
        if since is None or datetime.fromisoformat(last.at) < since:
            continue  # it judged other declarations
        told[product] = (last.at, last.run)
        for level in last.levels:
            major = major_of(level.get("version"))
            place = (*product, level.get("port"), major, level.get("contract_version"), level.get("path"))
            found.setdefault(place, []).append(level)
    return {place: (*told[place[:2]], levels) for place, levels in found.items()}


RELATION = Relation(
    name="slo_status",
    description=(
        "Service levels of output ports, and what the last run that published since the product was applied "
        "found of them. "
        "What data cannot show is unknown."
    ),
    columns=(
        *PRODUCT,
        text("port", "The output port.", required=True),
        integer("major", "Its major version.", required=True),
        text("contract_id", "Its contract.", required=True),
        text("path", "The place of the service level in the contract: `slaProperties[0]`.", required=True),
        text("property", "`latency`, `frequency`, `retention`, ...", required=True),
        text("value", "What is promised."),
        text("unit", "The unit of it."),
        text("severity", "What a broken one counts, where the contract says so."),
        text("status", "`kept`, `broken` or `unknown`.", required=True),
        text("expected", "What was to be, in words."),
        text("observed", "What was found, in words; why nothing could be told."),
        timestamp("judged_at", "When that was."),
        timestamp("kept_until", "When a kept one breaks if nothing is published until then."),
        text("run", "The run that judged it."),
    ),
    key=("domain", "product", "port", "major", "path"),
    derive=_rows,
    needs=("service_levels", "products"),
    follows=frozenset({"declarations", "facts"}),
)
