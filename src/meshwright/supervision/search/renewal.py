"""The index follows the mesh: a change of one product touches its entries only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from meshwright.errors import Conflict, LockHeld
from meshwright.model.address import ProductKey
from meshwright.provisioning.collector import collector_paused
from meshwright.provisioning.ports.search import Entry, SearchIndex
from meshwright.supervision.metamodel.tables import MeshTables
from meshwright.supervision.search.documents import (
    Numbering,
    domain_entries,
    product_entries,
    unit_of_domain,
    unit_of_product,
)
from meshwright.supervision.search.state import State, standings_of

PATIENCE = 5.0
"""Seconds to wait for another process that renews the index."""

_AT_ONCE = 500
_TRIES = 10


@dataclass(frozen=True, slots=True)
class Renewal:
    """What became of an index: how many units and entries were written, and whether it is the mesh's now."""

    units: int = 0
    entries: int = 0
    current: bool = True


def is_current(index: SearchIndex, mesh: str, token: tuple[str, str]) -> bool:
    """Whether an index tells of this state of the mesh's registry."""
    state = State.read(index.view().state, mesh)
    return state is not None and state.token == token


def renew(
    index: SearchIndex,
    tables: MeshTables,
    patience: float = PATIENCE,
    wait: Callable[[float], None] = time.sleep,
) -> Renewal:
    """Make an index tell what tables of the mesh do; see `documents.RELATIONS` for those it takes.

    Where another process holds the index for longer than `patience` seconds it stays as it is, which the
    result says.
    """
    left = patience
    for _ in range(_TRIES):
        try:
            return _renewed(index, tables)
        except LockHeld:
            if left <= 0:
                return Renewal(current=False)
            wait(0.1)
            left -= 0.1
        except Conflict:
            continue
    return Renewal(current=False)


def _renewed(index: SearchIndex, tables: MeshTables) -> Renewal:
    view = index.view()
    before = State.read(view.state, tables.mesh)
    if before is not None and tables.token is not None and before.token == tables.token:
        return Renewal()
    versions = _versions(tables)
    known: Mapping[str, str] = before.units if before else {}
    changed = {unit for unit, version in versions.items() if known.get(unit) != version}
    gone = changed.union(known.keys() - versions.keys()) if before else None
    old = before.numbering if before else Numbering()
    numbering = Numbering(dict(old.places), dict(old.traits))

    def state() -> bytes:
        standings = standings_of(tables.tables, numbering)
        token = tables.token or ("", "")
        return State(tables.mesh, token, versions, standings, list(numbering.traits)).written()

    every = tables.tables["columns"].num_rows + tables.tables["objects"].num_rows
    expected = every * len(changed) // max(1, len(versions))
    with collector_paused():
        count = index.write(view, gone, _entries(tables, changed, numbering), state, expected)
    return Renewal(len(changed if gone is None else gone), count)


def _versions(tables: MeshTables) -> dict[str, str]:
    """The version of every unit."""
    found = {unit_of_product(key): version for key, version in tables.versions.items()}
    for row in tables.tables["domains"].select(["domain", "digest"]).to_pylist():
        found[unit_of_domain(row["domain"])] = row["digest"]
    return found


def _entries(tables: MeshTables, units: set[str], numbering: Numbering) -> Iterator[Entry]:
    domains = tables.tables["domains"]["domain"].to_pylist()
    yield from domain_entries(
        tables.tables, {name for name in domains if unit_of_domain(name) in units}, numbering
    )
    keys: list[ProductKey] = sorted(key for key in tables.versions if unit_of_product(key) in units)
    for start in range(0, len(keys), _AT_ONCE):
        yield from product_entries(tables.tables, keys[start : start + _AT_ONCE], numbering)
