"""Iceberg tables as others write them, with deletes that PyIceberg reads and does not write."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestWriterV2,
    write_manifest_list,
)
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import Table
from pyiceberg.table.refs import SnapshotRefType
from pyiceberg.table.snapshots import Operation, Snapshot, Summary
from pyiceberg.table.update import AddSnapshotUpdate, SetSnapshotRefUpdate, update_table_metadata
from pyiceberg.typedef import Record

NAMES = itertools.count()


def catalogue(folder: Path) -> SqlCatalog:
    """A catalogue in a file, with a namespace `shop`; its tables lie below `lake/shop`."""
    made = SqlCatalog("main", uri=f"sqlite:///{folder}/catalogue.db", warehouse=f"file://{folder}/lake")
    made.create_namespace_if_not_exists("shop")
    return made


def append(table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append rows as one data file."""
    table.append(pa.Table.from_pylist([dict(row) for row in rows], table.schema().as_arrow()))


class _DeleteManifest(ManifestWriterV2):
    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


def delete_positions(table: Table, positions: Mapping[str, Sequence[int]]) -> Path:
    """New metadata of the table, with a file that deletes rows of data files by their positions."""
    pairs = [(path, pos) for path, listed in sorted(positions.items()) for pos in sorted(listed)]
    schema = pa.schema([pa.field("file_path", pa.string(), False), pa.field("pos", pa.int64(), False)])
    rows = pa.Table.from_pylist([{"file_path": path, "pos": pos} for path, pos in pairs], schema)
    return _delete(table, rows, DataFileContent.POSITION_DELETES, None)


def delete_values(table: Table, column: str, values: Sequence[int]) -> Path:
    """New metadata of the table, with a file that deletes rows by their values."""
    rows = pa.table({column: pa.array(values, pa.int64())})
    field = table.schema().find_field(column)
    return _delete(table, rows, DataFileContent.EQUALITY_DELETES, [field.field_id])


def _delete(table: Table, rows: pa.Table, content: DataFileContent, ids: list[int] | None) -> Path:
    known = table.metadata
    stem = f"{table.location()}/data/deletes-{next(NAMES)}"
    path = f"{stem}.parquet"
    pq.write_table(rows, path.removeprefix("file://"))
    size = Path(path.removeprefix("file://")).stat().st_size
    file = DataFile.from_args(
        content=content,
        file_path=path,
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=len(rows),
        file_size_in_bytes=size,
        equality_ids=ids,
    )
    file.spec_id = known.default_spec_id
    snapshot_id, sequence = known.new_snapshot_id(), known.last_sequence_number + 1
    output = table.io.new_output(f"{stem}-manifest.avro")
    with _DeleteManifest(known.spec(), known.schema(), output, snapshot_id, "deflate") as writer:
        writer.add_entry(
            ManifestEntry.from_args(
                status=ManifestEntryStatus.ADDED,
                snapshot_id=snapshot_id,
                sequence_number=None,
                data_file=file,
            )
        )
    parent = known.current_snapshot()
    assert parent is not None
    listing = table.io.new_output(f"{stem}-list.avro")
    with write_manifest_list(2, listing, snapshot_id, parent.snapshot_id, sequence, "deflate") as lists:
        lists.add_manifests([writer.to_manifest_file(), *parent.manifests(table.io)])
    updates = (
        AddSnapshotUpdate(
            snapshot=Snapshot(
                snapshot_id=snapshot_id,
                parent_snapshot_id=parent.snapshot_id,
                sequence_number=sequence,
                timestamp_ms=known.last_updated_ms + 1,
                manifest_list=listing.location,
                summary=Summary(Operation.DELETE),
                schema_id=known.current_schema_id,
            )
        ),
        SetSnapshotRefUpdate.model_validate(
            {"ref-name": "main", "type": SnapshotRefType.BRANCH, "snapshot-id": snapshot_id}
        ),
    )
    place = f"{table.location()}/metadata/9{next(NAMES):04}-deletes.metadata.json"
    ToOutputFile.table_metadata(update_table_metadata(known, updates), table.io.new_output(place))
    return Path(place.removeprefix("file://"))


def data_files(table: Table) -> list[str]:
    """The paths of the current snapshot's data files, oldest first."""
    found = table.inspect.entries().sort_by([("sequence_number", "ascending")])["data_file"].to_pylist()
    return [file["file_path"] for file in found if file["content"] == 0]
