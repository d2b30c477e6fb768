"""The differences between two versions of a contract."""

from __future__ import annotations

from collections.abc import Iterator

from meshwright.experience.compatibility.columns import Columns
from meshwright.experience.compatibility.kinds import ContractChange, change
from meshwright.experience.compatibility.quality import (
    compare_relationships,
    compare_rules,
    compare_service_levels,
)
from meshwright.model.contract import Contract, ContractObject

_JUDGED = frozenset({"schema", "slaProperties", "version", "apiVersion"})


def compare_contracts(old: Contract, new: Contract) -> tuple[ContractChange, ...]:
    """Every difference, judged from the consumer's point of view, breaking ones first.

    A change is breaking when a guarantee that a consumer may rely on gets weaker, and when what was
    published may no longer fit (docs/compatibility.md lists the kinds). Objects and columns are
    recognised by their names in data, columns then by their stable ids. Equal contracts have no
    changes.
    """
    if old is new or old.document == new.document:
        return ()
    found = list(_contract(old, new))
    return tuple(sorted(found, key=lambda each: not each.breaking))


def _contract(old: Contract, new: Contract) -> Iterator[ContractChange]:
    before = {obj.table: obj for obj in old.objects}
    after = {obj.table: obj for obj in new.objects}
    for name, obj in before.items():
        if name in after:
            yield from _object(old, new, obj, after[name])
        else:
            yield change("object_removed", name, None, "the object is gone")
    for name in after:
        if name not in before:
            yield change("object_added", name, None, "the object is new")
    yield from compare_service_levels(old.service_levels, new.service_levels)
    keys = sorted(
        key
        for key in {*old.document, *new.document} - _JUDGED
        if old.document.get(key) != new.document.get(key)
    )
    if keys:
        yield change(
            "terms_changed", None, None, f"changed: {', '.join(f'`{key}`' for key in keys)}", new=keys
        )


def _object(
    old: Contract, new: Contract, before: ContractObject, after: ContractObject
) -> Iterator[ContractChange]:
    name = before.table
    yield from Columns(old, new, name).compare(before.properties, after.properties)
    yield from _key(before, after)
    yield from _partitions(before, after)
    yield from compare_rules(before.quality, after.quality, name, None)
    yield from compare_relationships(before, after)
    if before.description != after.description:
        yield change(
            "description_changed", name, None, "its description changed", before.description,
            after.description,
        )  # fmt: skip


def _key(before: ContractObject, after: ContractObject) -> Iterator[ContractChange]:
    old = [prop.column for prop in before.primary_key]
    new = [prop.column for prop in after.primary_key]
    if set(old) == set(new):
        return  # the order of a key's columns identifies nothing
    if not old:
        yield change("key_added", before.table, None, f"the key is {', '.join(new)} now", old, new)
        return
    words = (
        f"the key was {', '.join(old)} and is {', '.join(new)} now"
        if new
        else f"the key {', '.join(old)} is gone"
    )
    yield change(
        "key_changed", before.table, None, words, old, new, columns=tuple(dict.fromkeys((*old, *new)))
    )


def _partitions(before: ContractObject, after: ContractObject) -> Iterator[ContractChange]:
    old = [_partition(prop.column, prop.partition_transform) for prop in before.partitions]
    new = [_partition(prop.column, prop.partition_transform) for prop in after.partitions]
    if old != new:
        yield change(
            "partition_changed", before.table, None,
            f"partitioned by {', '.join(new) or 'nothing'} now, by {', '.join(old) or 'nothing'} before",
            old, new,
        )  # fmt: skip


def _partition(column: str, transform: str | None) -> str:
    return f"{transform}({column})" if transform else column
