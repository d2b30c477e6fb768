"""Arrow tables as Parquet files of many shapes, and counts that are remembered in a dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from tests.verification.contracts import columns_of

from meshwright.adapters.duckdb.checks import Judged, measure
from meshwright.adapters.duckdb.checks.parts import Part, Parts, parts_of_files
from meshwright.experience.contracts.compile import compile_contract
from meshwright.experience.contracts.judge import judge_all
from meshwright.model.check import CheckResult
from meshwright.model.contract import Contract

Writer = Literal["arrow", "arrow, no dictionary", "arrow, no statistics", "duckdb"]
WRITERS: tuple[Writer, ...] = ("arrow", "arrow, no dictionary", "arrow, no statistics", "duckdb")


@dataclass(frozen=True)
class Shape:
    """How a table is stored: the rows at which a new file begins, rows a row group, and who writes."""

    cuts: tuple[int, ...] = ()
    group: int = 1000
    writers: tuple[Writer, ...] = ("arrow",)


@dataclass
class Remembered:
    """Counts in memory; `asked` says how often each was asked for and found."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    found: int = 0

    def recall(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """See `provisioning.ports.Counts`."""
        known = {key: self.counts[key] for key in keys if key in self.counts}
        self.found += len(known)
        return known

    def keep(self, counts: Mapping[tuple[str, str], int]) -> None:
        """See `provisioning.ports.Counts`."""
        self.counts.update(counts)


def store(table: pa.Table, folder: Path, shape: Shape, name: str = "part") -> list[Path]:
    """The files that a table is cut into, each written by the next writer."""
    bounds = [0, *sorted(cut for cut in shape.cuts if 0 < cut < len(table)), len(table)]
    files = []
    for index, (start, end) in enumerate(pairwise(bounds)):
        path = folder / f"{name}-{index}.parquet"
        rows = pa.Table.from_pylist(table.slice(start, end - start).to_pylist(), table.schema)
        _write(rows, path, shape.writers[index % len(shape.writers)], shape.group)
        files.append(path)
    return files


def _write(table: pa.Table, path: Path, writer: Writer, group: int) -> None:
    if writer == "duckdb":
        with duckdb.connect() as connection:
            connection.register("t", table)
            connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
        return
    options: dict[str, Any] = {
        "use_dictionary": writer != "arrow, no dictionary",
        "write_statistics": writer != "arrow, no statistics",
    }
    pq.write_table(table, path, row_group_size=group, **options)


def parts_in(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path], relation: str = '"stored rows"'
) -> tuple[str, Parts]:
    """A relation over files, and its parts."""
    paths = ", ".join(f"'{path}'" for path in files)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {relation} AS SELECT * FROM read_parquet([{paths}])")
    columns = columns_of(connection, relation)
    return relation, parts_of_files([Part(str(path), str(path)) for path in files], columns)


def verify_stored(
    connection: duckdb.DuckDBPyConnection,
    declared: Contract,
    name: str,
    files: Sequence[Path],
    others: Mapping[str, Sequence[Path]] | None = None,
    remembered: Remembered | None = None,
) -> dict[str, CheckResult]:
    """The results for an object that is stored as files, by check id."""
    relation, parts = parts_in(connection, files)
    stored = {other: parts_in(connection, its, f'"stored {other}"') for other, its in (others or {}).items()}
    objects = {name: relation, **{other: its for other, (its, _) in stored.items()}}
    around = {its: partial(lambda theirs: theirs, theirs) for its, theirs in stored.values()}
    columns = {column: each.type for column, each in parts.columns.items()}
    own = [spec for spec in compile_contract(declared, list(objects)) if spec.object == name]
    judged = Judged(relation, columns, parts)
    measures = measure(connection, judged, own, objects, counts=remembered, others=around)
    return {result.spec.id: result for result in judge_all(own, measures)}
