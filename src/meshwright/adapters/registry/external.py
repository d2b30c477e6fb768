"""What others tell of: datasets and jobs outside the mesh, one document each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from meshwright.adapters.registry import facts, files
from meshwright.adapters.registry.codec import dump, load
from meshwright.adapters.registry.database import Transaction
from meshwright.adapters.registry.tables import external
from meshwright.model.external import External, ExternalKey
from meshwright.provisioning.registry import Event


def tell(
    tx: Transaction,
    environment: str,
    keys: Sequence[ExternalKey],
    fold: Callable[[External], External],
    events: Sequence[Event],
) -> bool:
    """Put what `fold` makes of what is known in its place; the environment's row is held from the start,
    so that of two who tell of the same thing neither is lost. There is at least one event."""
    head = facts.hold_head(tx, environment)
    known = _known(tx, environment, keys)
    changed = {key: document for key, document in fold(known).items() if known.get(key) != document}
    if not changed:
        return False
    rows = [
        {
            "environment": environment,
            "kind": key.kind,
            "digest": _digest(key),
            "document": dump([key.namespace, key.name, document]),
            "sequence": head.sequence + 1,
        }
        for key, document in sorted(changed.items())
    ]
    for part in files.chunks(rows):
        tx.upsert(external, part)
    facts.append(tx, head, events)
    return True


def told_after(tx: Transaction, environment: str, sequence: int) -> tuple[int, External]:
    """What was told by facts above `sequence`, and the last of them (`sequence` where there is none)."""
    query = select(external.c.kind, external.c.document, external.c.sequence).where(
        external.c.environment == environment, external.c.sequence > sequence
    )
    found: dict[ExternalKey, Mapping[str, Any]] = {}
    for row in tx.run(query):
        sequence = max(sequence, row.sequence)
        key, document = _entry(row.kind, row.document)
        found[key] = document
    return sequence, found


def _known(
    tx: Transaction, environment: str, keys: Sequence[ExternalKey]
) -> dict[ExternalKey, Mapping[str, Any]]:
    query = select(external.c.kind, external.c.document).where(external.c.environment == environment)
    found: dict[ExternalKey, Mapping[str, Any]] = {}
    for part in files.chunks(sorted({_digest(key) for key in keys})):
        rows = tx.run(query.where(external.c.digest.in_(part)))
        found.update(_entry(row.kind, row.document) for row in rows)
    return found


def _entry(kind: Any, text: str) -> tuple[ExternalKey, Mapping[str, Any]]:
    namespace, name, document = load(text)
    return ExternalKey(kind, namespace, name), document


def _digest(key: ExternalKey) -> str:
    return hashlib.sha256("\0".join(key).encode("utf-8", "backslashreplace")).hexdigest()
