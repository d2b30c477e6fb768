"""Files of objects as intervals: publication `p` sees what was added at or before it and not removed.

A publication writes rows for what it changes only. The rows that are open (not removed) are what
the product's highest publication sees; the highest is always retained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Executable, and_, bindparam, exists, or_, select, tuple_, update

from meshwright.adapters.registry.codec import dump_partition, load_partition
from meshwright.adapters.registry.database import Transaction, named, this_product
from meshwright.adapters.registry.tables import files, objects, publications
from meshwright.errors import Conflict
from meshwright.model.address import ProductKey
from meshwright.model.publication import Candidate, DataFile, ObjectKey

ObjectId = int
CHUNK = 500
"""Values in one IN list."""


def object_name(key: ObjectKey) -> tuple[str, int, bool]:
    """What names an object inside its product; landing objects have a space of their own."""
    return key.name, key.major, key.port is None


def object_ids(
    tx: Transaction, environment: str, product: ProductKey, keys: Iterable[ObjectKey]
) -> dict[tuple[str, int, bool], ObjectId]:
    """The row ids of a product's objects, those of `keys` among them."""
    rows = tx.run(_known, named(environment, product))
    known = {(row.name, row.major, row.landing): row.id for row in rows}
    for key in keys:
        name = object_name(key)
        if name not in known:
            row = {
                "environment": environment,
                "domain": product.domain,
                "product": product.product,
                "name": name[0],
                "major": name[1],
                "landing": name[2],
            }
            known[name] = tx.run(_new_object, row).scalar_one()
    return known


def store(
    tx: Transaction,
    number: int,
    candidates: Mapping[ObjectId, Candidate],
    trusted: Iterable[ObjectId],
    others: Iterable[ObjectId],
) -> None:
    """Make publication `number` see exactly the files of `candidates`.

    For `trusted` objects the candidate's base is what the highest publication sees, so that
    nothing has to be read; objects in `others` are not part of the publication any more.

    Raises:
        Conflict: a candidate's base does not hold the files it claims.
    """
    seen = {object_id: _paths(candidates[object_id].base) for object_id in trusted}
    seen |= _open_paths(tx, [object_id for object_id in candidates if object_id not in seen])
    added: list[dict[str, Any]] = []
    removed: list[dict[str, Any]] = []
    for object_id, candidate in candidates.items():
        now = {file.path: file for file in candidate.handle.files}
        compacted = {file.path for file in candidate.compacted}
        before = seen.get(object_id, frozenset())
        removed += [{"o": object_id, "p": path} for path in before if path not in now]
        added += [
            _row(object_id, file, "compacted" if path in compacted else "data", number)
            for path, file in now.items()
            if path not in before
        ]
    _close(tx, number, removed)
    if gone := sorted(others):
        is_open = and_(files.c.object.in_(gone), files.c.removed_number.is_(None))
        tx.run(update(files).where(is_open).values(removed_number=number))
    if added:
        tx.run(_insert, added)


def visible(number: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether publication `number` sees a row of files."""
    return and_(
        files.c.added_number <= number,
        or_(files.c.removed_number.is_(None), files.c.removed_number > number),
    )


def added_between(
    tx: Transaction, object_id: ObjectId, after: int, until: int
) -> dict[int, tuple[DataFile, ...]]:
    """The files of new rows that each publication after `after` up to `until` added."""
    query = select(files).where(
        files.c.object == object_id,
        files.c.added_number > after,
        files.c.added_number <= until,
        files.c.kind == "data",
    )
    found: dict[int, list[DataFile]] = {}
    for row in tx.run(query.order_by(files.c.id)):
        found.setdefault(row.added_number, []).append(data_file(row))
    return {number: tuple(added) for number, added in found.items()}


def forget_unseen(
    tx: Transaction, environment: str, product: ProductKey, everything: bool = False
) -> tuple[str, ...]:
    """Delete the rows that no retained publication sees; the paths that nobody refers to any more.

    `everything` also looks at open rows, for a product that has no publication left.
    """
    seen = exists().where(of_product(publications, environment, product), visible(publications.c.number))
    query = (
        select(files.c.id, files.c.path)
        .join(objects, objects.c.id == files.c.object)
        .where(of_product(objects, environment, product), ~seen)
    )
    if not everything:
        query = query.where(files.c.removed_number.is_not(None))
    rows = tx.run(query).all()
    for part in chunks([row.id for row in rows]):
        tx.run(files.delete().where(files.c.id.in_(part)))
    return unreferenced(tx, files.c.path, {row.path for row in rows})


def unreferenced(tx: Transaction, column: ColumnElement[Any], paths: Iterable[str]) -> tuple[str, ...]:
    """The paths that no row of `column` holds, in any environment."""
    wanted = sorted(paths)
    used: set[str] = set()
    for part in chunks(wanted):
        used.update(tx.run(select(column).where(column.in_(part))).scalars())
    return tuple(path for path in wanted if path not in used)


def data_file(row: Any) -> DataFile:
    """A file from its row."""
    return DataFile(row.path, row.size, row.rows, load_partition(row.partition))


def of_product(table: Any, environment: str, product: ProductKey) -> ColumnElement[bool]:
    """Whether a row of `table` belongs to a product."""
    return and_(
        table.c.environment == environment,
        table.c.domain == product.domain,
        table.c.product == product.product,
    )


def of_products(table: Any, keys: Sequence[ProductKey]) -> ColumnElement[bool]:
    """Whether a row of `table` belongs to one of these products (of any environment)."""
    return tuple_(table.c.domain, table.c.product).in_([(key.domain, key.product) for key in keys])


def chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """The values in parts that fit one statement."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def _paths(handle: Any) -> frozenset[str]:
    return frozenset(file.path for file in handle.files) if handle is not None else frozenset()


def _open_paths(tx: Transaction, ids: Sequence[ObjectId]) -> dict[ObjectId, frozenset[str]]:
    found: dict[ObjectId, set[str]] = {}
    for part in chunks(ids):
        for row in tx.run(_open, {"objects": part}):
            found.setdefault(row.object, set()).add(row.path)
    return {object_id: frozenset(paths) for object_id, paths in found.items()}


def _known(tx: Transaction) -> Executable:
    return select(objects).where(this_product(objects))


def _new_object(tx: Transaction) -> Executable:
    return objects.insert().returning(objects.c.id)


def _insert(tx: Transaction) -> Executable:
    return files.insert()


def _open(tx: Transaction) -> Executable:
    asked = files.c.object.in_(bindparam("objects", expanding=True))
    return select(files.c.object, files.c.path).where(asked, files.c.removed_number.is_(None))


def _close(tx: Transaction, number: int, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    statement = update(files).where(
        files.c.object == bindparam("o"), files.c.path == bindparam("p"), files.c.removed_number.is_(None)
    )
    closed = tx.run(statement.values(removed_number=number), rows).rowcount
    if closed != len(rows):
        raise Conflict(
            "the base of a candidate is not what the current publication holds",
            why=f"{len(rows) - closed} of its files are not there",
            way_out="run it again",
        )


def _row(object_id: ObjectId, file: DataFile, kind: str, number: int) -> dict[str, Any]:
    return {
        "object": object_id,
        "path": file.path,
        "size": file.size,
        "rows": file.rows,
        "partition": dump_partition(file.partition),
        "kind": kind,
        "added_number": number,
        "removed_number": None,
    }
