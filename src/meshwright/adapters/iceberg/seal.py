"""Sealing: manifests, manifest list and metadata of one candidate (Iceberg v2).

Nothing here decides what readers see: the registry's pointer does.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Literal

import pyarrow.parquet as pq
from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
)
from pyiceberg.manifest import DataFile as IceFile
from pyiceberg.manifest import (
    DataFileContent,
    FileFormat,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    write_manifest,
    write_manifest_list,
)
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionSpec
from pyiceberg.partitioning import PartitionField as IceField
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table.metadata import TableMetadata, TableMetadataV2, new_table_metadata
from pyiceberg.table.refs import SnapshotRefType
from pyiceberg.table.snapshots import Operation, Snapshot, Summary
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import (
    AddPartitionSpecUpdate,
    AddSchemaUpdate,
    AddSnapshotUpdate,
    RemoveSnapshotsUpdate,
    SetCurrentSchemaUpdate,
    SetDefaultSpecUpdate,
    SetSnapshotRefUpdate,
    TableUpdate,
    update_table_metadata,
)
from pyiceberg.typedef import Record

from meshwright.adapters.iceberg.types import iceberg_schema, partition_record, partition_spec
from meshwright.errors import Unavailable
from meshwright.model.publication import Candidate, DataFile
from meshwright.provisioning.registry import METADATA

MANIFESTS = 24
"""A snapshot with more manifests than this has them merged into one."""

MANIFEST_LIST = "-snapshot.avro"
"""How the name of a manifest list ends."""

_SHOWS = "-shows-"
"""In the name of metadata that were listed anew: between their publication and that of their snapshot."""

CODEC: Literal["deflate"] = "deflate"


def seal_table(
    candidate: Candidate,
    base: TableMetadata | None,
    location: str,
    publication: str,
    beside: Collection[str],
    io: FileIO,
) -> Candidate:
    """Write the snapshot that makes `candidate` a table; gives it back with its metadata location.

    The table lists the new snapshot and those that the metadata in `beside` show. Every file's name
    carries the publication id, so that doing it again writes the same files.
    """
    known = _version_2(base) if base else None
    table = _described(candidate, known, location)
    snapshot_id = _snapshot_id(publication, location)
    stem = f"{location}/metadata/{publication}"
    sequence = table.last_sequence_number + 1
    manifests = _manifests(candidate, known, table, snapshot_id, stem, io)
    listing = f"{stem}{MANIFEST_LIST}"
    parent = base.current_snapshot_id if base else None
    with write_manifest_list(2, io.new_output(listing), snapshot_id, parent, sequence, CODEC) as writer:
        writer.add_manifests(manifests)
    updates: list[TableUpdate] = [
        AddSnapshotUpdate(
            snapshot=Snapshot(
                snapshot_id=snapshot_id,
                parent_snapshot_id=parent,
                sequence_number=sequence,
                timestamp_ms=max(time.time_ns() // 1_000_000, table.last_updated_ms),
                manifest_list=listing,
                summary=_summary(candidate, publication),
                schema_id=table.current_schema_id,
            )
        ),
        SetSnapshotRefUpdate.model_validate(
            {"ref-name": "main", "type": SnapshotRefType.BRANCH, "snapshot-id": snapshot_id}
        ),
    ]
    updates += _unlisted(table, beside, location)
    sealed = update_table_metadata(table, tuple(updates))
    return _written(candidate, sealed, f"{stem}{METADATA}", io)


def list_anew(
    candidate: Candidate,
    base: TableMetadata,
    location: str,
    publication: str,
    beside: Collection[str],
    io: FileIO,
) -> Candidate:
    """Write metadata with the same snapshot that list no others than those that `beside` show."""
    assert candidate.handle.metadata is not None
    updates = _unlisted(base, {*beside, candidate.handle.metadata}, location)
    if not updates:
        return candidate
    shown = _shown(candidate.handle.metadata)
    place = f"{location}/metadata/{publication}{_SHOWS}{shown}{METADATA}"
    return _written(candidate, update_table_metadata(base, tuple(updates)), place, io)


def _written(candidate: Candidate, table: TableMetadata, place: str, io: FileIO) -> Candidate:
    ToOutputFile.table_metadata(table, io.new_output(place), overwrite=True)
    return replace(candidate, handle=replace(candidate.handle, metadata=place))


def _unlisted(table: TableMetadata, beside: Collection[str], location: str) -> list[TableUpdate]:
    """What takes the snapshots off the list that none of the metadata `beside` show."""
    listed = {
        _snapshot_id(_shown(place), location) for place in beside if place.startswith(f"{location}/metadata/")
    }
    old = [s.snapshot_id for s in table.snapshots if s.snapshot_id not in listed]
    return [RemoveSnapshotsUpdate(snapshot_ids=old)] if old else []


def _shown(metadata: str) -> str:
    """The publication whose snapshot some metadata show, as their name says."""
    return PurePosixPath(metadata).name.removesuffix(METADATA).rpartition(_SHOWS)[2]


def _described(candidate: Candidate, base: TableMetadataV2 | None, location: str) -> TableMetadataV2:
    """The base's metadata with the candidate's schema and partitioning."""
    handle = candidate.handle
    schema = iceberg_schema(handle.columns)
    if base is None:
        spec = partition_spec(handle.partitions, handle.columns)
        fresh = new_table_metadata(schema, spec, UNSORTED_SORT_ORDER, location, {"format-version": "2"})
        own_ids = {"last_column_id": schema.highest_field_id, "schemas": [schema], "partition_specs": [spec]}
        return _version_2(fresh.model_copy(update=own_ids))
    updates: list[TableUpdate] = []
    if schema.as_struct() != base.schema().as_struct():
        next_id = max(known.schema_id for known in base.schemas) + 1
        updates += [
            AddSchemaUpdate(schema_=iceberg_schema(handle.columns, next_id)),
            SetCurrentSchemaUpdate(schema_id=-1),
        ]
    updates += _partitioned(partition_spec(handle.partitions, handle.columns), base)
    return _version_2(update_table_metadata(base, tuple(updates))) if updates else base


def _partitioned(wanted: PartitionSpec, base: TableMetadataV2) -> list[TableUpdate]:
    """What makes `wanted` the table's spec; a field keeps its id in all specs (Iceberg v2, partitioning)."""
    ids = {(part.source_id, part.transform): part.field_id for s in base.partition_specs for part in s.fields}
    next_id = max([PARTITION_FIELD_ID_START - 1, base.last_partition_id or 0, *ids.values()]) + 1
    fields = []
    for part in wanted.fields:
        known_id = ids.get((part.source_id, part.transform))
        fields.append(IceField(part.source_id, known_id or next_id, part.transform, part.name))
        next_id += known_id is None
    if tuple(fields) == base.spec().fields:
        return []
    known = next((each for each in base.partition_specs if each.fields == tuple(fields)), None)
    if known is not None:
        return [SetDefaultSpecUpdate(spec_id=known.spec_id)]
    number = max(each.spec_id for each in base.partition_specs) + 1
    spec = PartitionSpec(*fields, spec_id=number)
    return [AddPartitionSpecUpdate(spec=spec), SetDefaultSpecUpdate(spec_id=-1)]


def _version_2(table: TableMetadata) -> TableMetadataV2:
    if not isinstance(table, TableMetadataV2):
        raise Unavailable(
            f"the table below {table.location} has format version {table.format_version}",
            why="Meshwright writes format version 2",
            way_out="restore the table's version 2 metadata, or roll the product back",
        )
    return table


def _manifests(
    candidate: Candidate,
    base: TableMetadataV2 | None,
    table: TableMetadataV2,
    snapshot_id: int,
    stem: str,
    io: FileIO,
) -> list[ManifestFile]:
    """The new snapshot's manifests: those of the base, as far as they still hold, and the added files."""
    manifests: list[ManifestFile] = []
    snapshot = base.current_snapshot() if base else None
    if snapshot is not None and candidate.operation != "full":
        manifests = snapshot.manifests(io)
        gone = {file.path for file in candidate.removed}
        if gone or len(manifests) > MANIFESTS:
            kept = list(_live(manifests, gone, io, merge=len(manifests) > MANIFESTS))
            manifests = [m for m, entries in kept if entries is None]
            fresh = [entry for _, entries in kept if entries is not None for entry in entries]
            if fresh:
                manifests.append(_write(table, snapshot_id, f"{stem}-kept.avro", fresh, io))
    new = [*candidate.added, *candidate.compacted]
    if new:
        entries = [_entry(file, table, snapshot_id) for file in new]
        manifests.append(_write(table, snapshot_id, f"{stem}-added.avro", entries, io))
    return manifests


def _live(
    manifests: Sequence[ManifestFile], gone: set[str], io: FileIO, merge: bool
) -> Iterator[tuple[ManifestFile, list[ManifestEntry] | None]]:
    """Each manifest with the entries to write again, or None where it stays as it is."""
    for manifest in manifests:
        entries = manifest.fetch_manifest_entry(io, discard_deleted=True)
        if not merge and not any(entry.data_file.file_path in gone for entry in entries):
            yield manifest, None
            continue
        for entry in entries:
            entry.status = ManifestEntryStatus.EXISTING
        yield manifest, [entry for entry in entries if entry.data_file.file_path not in gone]


def _write(
    table: TableMetadataV2, snapshot_id: int, path: str, entries: Sequence[ManifestEntry], io: FileIO
) -> ManifestFile:
    with write_manifest(2, table.spec(), table.schema(), io.new_output(path), snapshot_id, CODEC) as writer:
        for entry in entries:
            writer.add_entry(entry)
    return writer.to_manifest_file()


def _entry(file: DataFile, table: TableMetadataV2, snapshot_id: int) -> ManifestEntry:
    """The manifest entry of an added file, with the statistics of its Parquet footer."""
    schema = table.schema()
    statistics = data_file_statistics_from_parquet_metadata(
        parquet_metadata=pq.read_metadata(file.path),
        stats_columns=compute_statistics_plan(schema, table.properties),
        parquet_column_mapping=parquet_path_to_id_mapping(schema),
    )
    data_file = IceFile.from_args(
        content=DataFileContent.DATA,
        file_path=file.path,
        file_format=FileFormat.PARQUET,
        partition=Record(*partition_record(file, table.spec(), schema)),
        file_size_in_bytes=file.size,
        sort_order_id=None,
        spec_id=table.default_spec_id,
        equality_ids=None,
        key_metadata=None,
        **statistics.to_serialized_dict(),
    )
    return ManifestEntry.from_args(
        status=ManifestEntryStatus.ADDED,
        snapshot_id=snapshot_id,
        sequence_number=None,
        file_sequence_number=None,
        data_file=data_file,
    )


def _summary(candidate: Candidate, publication: str) -> Summary:
    new = (*candidate.added, *candidate.compacted)
    appended = candidate.operation == "append" and not candidate.removed
    return Summary(
        Operation.APPEND if appended else Operation.OVERWRITE,
        **{
            "added-data-files": str(len(new)),
            "added-records": str(sum(file.rows for file in new)),
            "deleted-data-files": str(len(candidate.removed)),
            "total-data-files": str(len(candidate.handle.files)),
            "total-records": str(candidate.handle.rows),
            "total-files-size": str(candidate.handle.size),
            "meshwright.publication": publication,
        },
    )


def _snapshot_id(publication: str, location: str) -> int:
    """A positive 63-bit id that follows from the publication and the table."""
    digest = hashlib.blake2b(f"{publication}{location}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
