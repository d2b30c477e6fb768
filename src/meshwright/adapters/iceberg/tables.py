"""Tables that others wrote: their current snapshots, through PyIceberg."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from pyiceberg import types as ice
from pyiceberg.manifest import DataFile, FileFormat, ManifestContent
from pyiceberg.schema import Schema
from pyiceberg.table import Table, TableProperties
from pyiceberg.transforms import IdentityTransform

from meshwright.adapters.iceberg.contents import Contents
from meshwright.adapters.iceberg.places import local_path
from meshwright.errors import InputError
from meshwright.model.publication import Column
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Deleted

_ROW_NUMBER = "file_row_number"
"""What the embedded engine calls the position of a row; a column of that name would hide it."""

_KINDS: Mapping[type[ice.IcebergType], str] = {
    ice.BooleanType: "boolean",
    ice.IntegerType: "int32",
    ice.LongType: "int64",
    ice.FloatType: "float",
    ice.DoubleType: "double",
    ice.StringType: "string",
    ice.BinaryType: "binary",
    ice.FixedType: "binary",
    ice.DateType: "date",
    ice.TimeType: "time",
    ice.TimestampType: "timestamp",
    ice.TimestamptzType: "timestamptz",
    ice.UUIDType: "uuid",
}


def read_contents(table: Table, where: str) -> Contents:
    """What the current snapshot of a table is made of.

    Raises:
        InputError: it has what nothing here can read: equality deletes, types without a counterpart.
        OSError: a manifest cannot be read.
    """
    schema = table.schema()
    columns = tuple(_column(field, where) for field in schema.fields)
    files, deletes = _files(table), _deletes(table, where)
    apart = _apart(table, schema, files, [each for each, _ in deletes])
    if apart is not None:
        return Contents(columns, apart=apart)
    deleted = tuple(
        Deleted(local_path(file.file_path), local_path(each.file_path), file.file_path)
        for each, file in deletes
    )
    return Contents(columns, tuple(local_path(file.file_path) for file in files), deleted)


def write_rows(table: Table, file: Path, where: str) -> None:
    """Write all rows as PyIceberg reads them.

    Raises:
        InputError: PyIceberg cannot read them.
        OSError: a file cannot be read or written.
    """
    import pyarrow.parquet as pq

    try:
        with (
            table.scan().to_arrow_batch_reader() as batches,
            pq.ParquetWriter(file, batches.schema) as writer,
        ):
            for batch in batches:
                writer.write_batch(batch)
    except (ValueError, NotImplementedError) as error:
        raise _unreadable(str(error), where) from None


def _files(table: Table) -> list[DataFile]:
    """The data files in the order in which they came, so that what is added comes last."""
    snapshot = table.current_snapshot()
    manifests = snapshot.manifests(table.io) if snapshot else []
    entries = [
        entry
        for manifest in manifests
        if manifest.content == ManifestContent.DATA
        for entry in manifest.fetch_manifest_entry(table.io)
    ]
    entries.sort(key=lambda entry: (entry.sequence_number or 0, entry.data_file.file_path))
    return [entry.data_file for entry in entries]


def _deletes(table: Table, where: str) -> list[tuple[DataFile, DataFile]]:
    """The delete files, each with a data file that it is about."""
    snapshot = table.current_snapshot()
    manifests = snapshot.manifests(table.io) if snapshot else []
    if all(manifest.content == ManifestContent.DATA for manifest in manifests):
        return []
    try:
        tasks = list(table.scan().plan_files())
    except (ValueError, NotImplementedError) as error:
        raise _unreadable(str(error), where) from None
    return [
        (each, task.file) for task in tasks for each in sorted(task.delete_files, key=lambda f: f.file_path)
    ]


def _unreadable(why: str, where: str) -> InputError:
    equality = "equality deletes" in why
    return InputError(
        "the table has equality deletes" if equality else "the table cannot be read",
        where=where,
        why="they say which values are deleted, not which rows, and PyIceberg does not read such"
        if equality
        else why,
        way_out="have the engine that writes the table rewrite its data files, then verify again",
    )


def _apart(
    table: Table, schema: Schema, files: Sequence[DataFile], deletes: Sequence[DataFile]
) -> str | None:
    """Why only PyIceberg reads the table's rows right, if so."""
    if not all("://" not in local_path(each.file_path) for each in (*files, *deletes)):
        return "its files are not on this machine"
    if any(each.file_format != FileFormat.PARQUET for each in (*files, *deletes)):
        return "not all of its files are Parquet"
    if TableProperties.DEFAULT_NAME_MAPPING in table.properties:
        return "its columns may be found by name"
    if _nested_differ(table.schemas().values()):
        return "fields inside its columns were renamed or replaced"
    if any(getattr(field, "initial_default", None) is not None for field in _fields(schema.fields)):
        return "its columns have default values"
    if deletes and any(field.name.lower() == _ROW_NUMBER for field in schema.fields):
        return f"it has a column `{_ROW_NUMBER}`"
    if _partitioned_away(table, schema, files):
        return "values of partitions are not in its files"
    return None


def _nested_differ(schemas: Iterable[Schema]) -> bool:
    """Whether the parts of structs were ever called otherwise, or a name meant another part."""
    names: dict[int, str] = {}
    ids: dict[tuple[int, str], int] = {}
    for schema in schemas:
        for parent, field in _nested(schema.fields):
            if names.setdefault(field.field_id, field.name) != field.name:
                return True
            if ids.setdefault((parent, field.name), field.field_id) != field.field_id:
                return True
    return False


def _partitioned_away(table: Table, schema: Schema, files: Iterable[DataFile]) -> bool:
    """Whether a file lacks a column that its folder tells (Iceberg, column projection)."""
    told = {
        spec.spec_id: {
            part.source_id
            for part in spec.fields
            if isinstance(part.transform, IdentityTransform) and part.source_id in schema.field_ids
        }
        for spec in table.specs().values()
    }
    for file in files:
        ids = told.get(file.spec_id, set())
        if ids and not ids <= _ids_in(Path(local_path(file.file_path))):
            return True
    return False


def _ids_in(path: Path) -> set[int]:
    import pyarrow.parquet as pq

    found = (field.metadata or {} for field in pq.read_schema(path))
    return {int(told[b"PARQUET:field_id"]) for told in found if b"PARQUET:field_id" in told}


def _nested(fields: Iterable[ice.NestedField]) -> Iterator[tuple[int, ice.NestedField]]:
    """The parts of structs at any depth, with the field that each is a part of."""
    for field in fields:
        parts = _parts(field.field_type)
        if isinstance(field.field_type, ice.StructType):
            yield from ((field.field_id, part) for part in parts)
        yield from _nested(parts)


def _fields(fields: Iterable[ice.NestedField]) -> Iterator[ice.NestedField]:
    """Fields and all that is in them."""
    for field in fields:
        yield from chain((field,), _fields(_parts(field.field_type)))


def _parts(kind: ice.IcebergType) -> tuple[ice.NestedField, ...]:
    match kind:
        case ice.StructType():
            return kind.fields
        case ice.ListType():
            return (kind.element_field,)
        case ice.MapType():
            return (kind.key_field, kind.value_field)
    return ()


def _column(field: ice.NestedField, where: str) -> Column:
    children = tuple(_column(part, where) for part in _parts(field.field_type))
    return Column(field.field_id, field.name, _type(field, children, where), field.doc, children)


def _type(field: ice.NestedField, children: Sequence[Column], where: str) -> ColumnType:
    match field.field_type:
        case ice.DecimalType() as number:
            return ColumnType("decimal", number.precision, number.scale)
        case ice.StructType():
            return ColumnType("struct", fields=tuple((child.name, child.type) for child in children))
        case ice.ListType():
            return ColumnType("list", item=children[0].type)
        case ice.MapType():
            return ColumnType("map", key=children[0].type, item=children[1].type)
        case kind if type(kind) in _KINDS:
            return ColumnType(_KINDS[type(kind)])
    raise InputError(
        f"column `{field.name}` is of type `{field.field_type}`, which cannot be verified",
        where=where,
        way_out="leave the table out with --object, or verify a view without the column",
    )
