"""Counts of verification, by file: kept with the publication, gone with the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Executable, bindparam, select

from meshwright.adapters.registry.database import Transaction
from meshwright.adapters.registry.files import chunks
from meshwright.adapters.registry.tables import counts


def recall(tx: Transaction, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
    """Those of the counts, by path and digest, that are known."""
    wanted = set(keys)
    found: dict[tuple[str, str], int] = {}
    for part in chunks(sorted({path for path, _ in wanted})):
        for row in tx.run(_of_files, {"paths": part}):
            if (row.path, row.what) in wanted:
                found[row.path, row.what] = row._mapping["count"]
    return found


def _of_files(tx: Transaction) -> Executable:
    return select(counts).where(counts.c.path.in_(bindparam("paths", expanding=True)))


def keep(tx: Transaction, found: Mapping[tuple[str, str], int]) -> None:
    """Remember counts."""
    tx.upsert(counts, [{"path": path, "what": what, "count": n} for (path, what), n in found.items()])


def forget(tx: Transaction, paths: Sequence[str]) -> None:
    """These files are gone."""
    for part in chunks(sorted(paths)):
        tx.run(counts.delete().where(counts.c.path.in_(part)))
