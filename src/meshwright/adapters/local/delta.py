"""Delta tables on disk: the files of their current versions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from meshwright.adapters.extraction.drift import no_such_object
from meshwright.adapters.extraction.place import below_mesh
from meshwright.errors import InputError, MissingPart, Unavailable
from meshwright.model.publication import Column
from meshwright.model.types import ColumnType, physical_type

if TYPE_CHECKING:
    import pyarrow as pa

LOG = "_delta_log"

_NULL = "__HIVE_DEFAULT_PARTITION__"
"""The value of a folder that stands for null."""

_READABLE = frozenset({"timestampNtz", "v2Checkpoint", "vacuumProtocolCheck", "domainMetadata"})
"""Features of tables that change nothing about which rows their files hold, and as what."""


@dataclass(frozen=True, slots=True)
class DeltaFiles:
    """The files of a table's current version, oldest first.

    `partitions` are the columns that folders tell, `stored` the others.
    """

    files: tuple[Path, ...]
    partitions: tuple[Column, ...]
    stored: pa.Schema

    def complete(self, folder: Path) -> tuple[Path, ...]:
        """The files, and one without rows below `folder` where they lack columns that the table has."""
        import pyarrow.parquet as pq

        if self.files and set(self.stored.names) <= set(pq.read_schema(self.files[-1]).names):
            return self.files
        named = (f"{column.name}={_NULL}" for column in self.partitions)
        empty = folder.joinpath(*named) / "columns.parquet"
        empty.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(self.stored.empty_table(), empty)
        return (*self.files, empty)


def is_delta(folder: Path) -> bool:
    """Whether a folder is that of a Delta table."""
    return (folder / LOG).is_dir()


def delta_files(root: Path, path: str, table: str, where: str) -> DeltaFiles:
    """The files of `table` at `path`: its folder, or a folder of tables; `{object}` stands for its name.

    Raises:
        MissingPart: the package `deltalake` is not installed.
        InputError: the table has features under which its files alone are not its rows.
        DriftError: there is no such table in a folder of tables.
        Unavailable: the path does not exist, or its log cannot be read.
    """
    folder = _folder(root, path.replace("{object}", table), table, where)
    try:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError
    except ModuleNotFoundError:
        raise MissingPart(
            "Delta tables need a package that is not installed",
            where=where,
            way_out="pip install 'meshwright[delta]'",
        ) from None
    try:
        opened = DeltaTable(str(folder))
        _require_plain(opened, where)
        return _files(opened, folder, where)
    except (DeltaError, OSError) as error:
        raise Unavailable(
            f"the log of the Delta table {folder.name} cannot be read",
            where=where,
            why=str(error).splitlines()[0],
        ) from None


def _folder(root: Path, filled: str, table: str, where: str) -> Path:
    found = below_mesh(root, filled, where)
    if is_delta(found):
        return found
    if "/" not in table and is_delta(found / table):
        return found / table
    if not found.is_dir():
        raise Unavailable(f"{filled} does not exist", where=where, way_out="correct the server's path")
    there = {entry.name for entry in found.iterdir() if is_delta(entry)}
    raise no_such_object(table, there, where, f"the folder {found.name}")


def _require_plain(table: Any, where: str) -> None:
    protocol, options = table.protocol(), table.metadata().configuration
    features = set(protocol.reader_features or ())
    if protocol.min_reader_version == 2 or options.get("delta.columnMapping.mode", "none") != "none":
        features.add("columnMapping")
    if "deletionVectors" in features and not _rows(table.deletion_vectors()):
        features.discard("deletionVectors")
    if options.get("delta.columnMapping.mode", "none") == "none":
        features.discard("columnMapping")
    unknown = sorted(features - _READABLE)
    if unknown:
        raise InputError(
            f"the Delta table uses {', '.join(unknown)}",
            where=where,
            why="its rows are then not those of its files as they are",
            way_out="rewrite the table without it (REORG, OPTIMIZE), or export it to Parquet",
        )


def _files(table: Any, folder: Path, where: str) -> DeltaFiles:
    import pyarrow as pa

    names = table.metadata().partition_columns
    files = []
    actions = _rows(table.get_add_actions(flatten=True))
    for action in sorted(actions, key=lambda each: (each["modification_time"], each["path"])):
        relative = unquote(action["path"])
        if "://" in relative or Path(relative).is_absolute():
            raise InputError("the Delta table has files of another table", where=where, why=relative)
        _require_told(relative, action, names, where)
        files.append(folder / relative)
    fields = json.loads(table.schema().to_json())["fields"]
    partitions = (Column(0, each["name"], _type(each["type"])) for each in fields if each["name"] in names)
    stored = pa.schema([field for field in pa.schema(table.schema()) if field.name not in names])
    return DeltaFiles(tuple(files), tuple(partitions), stored)


def _require_told(relative: str, action: Mapping[str, Any], names: Sequence[str], where: str) -> None:
    """The folders of a file tell the values that the log tells, as far as their texts can be compared."""
    told = dict(part.split("=", 1) for part in Path(relative).parts[:-1] if "=" in part)
    for name in names:
        value = action.get(f"partition.{name}")
        text = _NULL if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        compared = value is None or isinstance(value, str | int)
        if name not in told or (compared and unquote(told[name]) != text):
            raise InputError(
                f"the folders of the Delta table do not tell the values of {name}", where=where, why=relative
            )


def _type(name: Any) -> ColumnType:
    zoned = {"timestamp": ColumnType("timestamptz"), "timestamp_ntz": ColumnType("timestamp")}
    small = {"byte": ColumnType("int8"), "short": ColumnType("int16"), "float": ColumnType("float")}
    return zoned.get(name) or small.get(name) or physical_type(str(name)) or ColumnType("string")


def _rows(table: Any) -> list[dict[str, Any]]:
    import pyarrow as pa

    rows: list[dict[str, Any]] = pa.table(table).to_pylist()
    return rows
