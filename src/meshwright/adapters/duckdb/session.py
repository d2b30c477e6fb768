"""One run's work in DuckDB."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from meshwright.adapters.duckdb.boundary import require_offered
from meshwright.adapters.duckdb.buckets import hash_functions
from meshwright.adapters.duckdb.checks import SMALL, Judged, measure
from meshwright.adapters.duckdb.checks.broken import broken_checks, row_tests
from meshwright.adapters.duckdb.checks.parts import Parts, parts_of_handle
from meshwright.adapters.duckdb.checks.texts import Doubted
from meshwright.adapters.duckdb.failures import translated
from meshwright.adapters.duckdb.iceberg_rows import require_ids
from meshwright.adapters.duckdb.located import located_parts, located_sql
from meshwright.adapters.duckdb.relations import (
    field_ids,
    file_list,
    free_name,
    literal,
    partition_expression,
    partition_values,
    scan,
    scan_handle,
)
from meshwright.adapters.duckdb.text_rows import TextRows, plain_at_first, text_rows
from meshwright.adapters.extraction.faults import explain, is_of_file
from meshwright.adapters.extraction.text import may_group_digits
from meshwright.errors import BuildError
from meshwright.model.check import CheckSpec, Measure
from meshwright.model.contract import ContractObject
from meshwright.model.publication import DataFile, Handle
from meshwright.model.types import ColumnType
from meshwright.provisioning.ports import Counts, Located, Merge, Parted, Target, Written
from meshwright.sql.duckdb_errors import without_values
from meshwright.sql.duckdb_types import duckdb_type, from_duckdb, quote_identifier

if TYPE_CHECKING:
    import pyarrow as pa


class DuckSession:
    """Relations are temporary views of one cursor: nothing of a run outlives it."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, copies: Mapping[tuple[str, ...], Located] | None = None
    ) -> None:
        self._cursor = cursor
        self._tables: set[str] = set()
        self._names: set[str] = set()
        self._parts: dict[str, Callable[[], Parts | None]] = {}
        self._small: set[str] = set()  # relations of which a scan costs less than statistics
        self._texts: dict[str, Callable[[Collection[str] | None], TextRows]] = {}
        self._files: list[tuple[tuple[Path, ...], str]] = []
        self._copies = copies or {}
        self._located: dict[str, tuple[Located, ContractObject]] = {}

    @contextmanager
    def apart(self) -> Iterator[DuckSession]:
        """See `provisioning.ports.Session`."""
        cursor = self._cursor.cursor()
        try:
            session = DuckSession(cursor, self._copies)
            for name, (located, obj) in self._located.items():
                session.offer_located(name, located, obj)
            yield session
        finally:
            cursor.close()

    def offer(self, name: str, handle: Handle) -> None:
        """See `provisioning.ports.Session`."""
        self._view(name, scan_handle(handle), str(handle.key))
        self._parts[name] = partial(parts_of_handle, self._cursor, handle)
        if handle.rows <= SMALL:
            self._small.add(name)

    def offer_located(self, name: str, located: Located, obj: ContractObject) -> None:
        """See `provisioning.ports.Session`."""
        self._located[name] = (located, obj)
        if located.form not in ("parquet", "table", "iceberg"):
            self._offer_text(name, located, obj)
            return
        with translated(f"`{name}` cannot be read", located.where):
            if located.form == "iceberg":
                require_ids(self._cursor, located)
            rows = located_sql(self._cursor, located, obj)
        self._view(name, rows, located.where)
        columns = self.describe(name)
        self._parts[name] = partial(located_parts, self._cursor, located, columns)

    def offer_files(self, name: str, files: Sequence[str], columns: Sequence[tuple[str, ColumnType]]) -> None:
        """See `provisioning.ports.Session`."""
        if files:
            sql = f"SELECT * FROM read_parquet({file_list(files)}, hive_partitioning = false)"
        else:
            nothing = (
                f"CAST(NULL AS {duckdb_type(kind)}) AS {quote_identifier(col)}" for col, kind in columns
            )
            sql = f"SELECT {', '.join(nothing)} WHERE false"
        self._view(name, sql, name)

    def offer_rows(
        self, name: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[tuple[str, ColumnType]]
    ) -> None:
        """See `provisioning.ports.Session`."""
        structure = json.dumps({column: duckdb_type(kind) for column, kind in columns})
        empty = dict.fromkeys(column for column, _ in columns)
        texts = [json.dumps({**empty, **row}, default=str) for row in rows]
        import pyarrow as pa

        lines = pa.table({"line": pa.array(texts, pa.string())})
        self._cursor.register(f"{name}:lines", lines)
        with translated("the rows do not fit their columns", name):
            source = quote_identifier(f"{name}:lines")
            self._keep(
                name, f"SELECT unnest(json_transform_strict(line, {literal(structure)})) FROM {source}"
            )
        self._cursor.unregister(f"{name}:lines")

    def offer_query(self, name: str, sql: str, where: str, keep: bool = False) -> None:
        """See `provisioning.ports.Session`; kept rows spill to disk when they are many."""
        require_offered(self._cursor, sql, self._names, where)
        if keep:
            with translated("the model failed", where):
                self._keep(name, sql)
        else:
            self._view(name, sql, where)

    def offer_latest(self, name: str, relation: str, key: Sequence[str], order: str) -> None:
        """See `provisioning.ports.Session`."""
        keys = ", ".join(map(quote_identifier, key))
        self._view(
            name,
            f"SELECT * FROM {quote_identifier(relation)} QUALIFY row_number() OVER "
            f"(PARTITION BY {keys} ORDER BY {quote_identifier(order)} DESC NULLS LAST) = 1",
            relation,
        )

    def offer_fresh(self, name: str, relation: str, before: str, cursor: str) -> None:
        """See `provisioning.ports.Session`."""
        columns = ", ".join(map(quote_identifier, self.describe(before)))
        new, old, by = map(quote_identifier, (relation, before, cursor))
        self._view(
            name,
            f"SELECT {columns} FROM {new} EXCEPT ALL SELECT {columns} FROM {old} "
            f"WHERE {by} >= (SELECT min({by}) FROM {new})",
            relation,
        )

    def offer_arrow(self, name: str, reader: pa.RecordBatchReader, where: str) -> None:
        """See `provisioning.ports.Session`; the rows are kept, spilling to disk when they are many."""
        stream = f"{name}:stream"
        self._cursor.register(stream, reader)
        try:
            with translated("the model's rows could not be read", where):
                self._keep(name, f"SELECT * FROM {quote_identifier(stream)}")
        finally:
            self._cursor.unregister(stream)

    def describe(self, name: str) -> Mapping[str, ColumnType]:
        """See `provisioning.ports.Session`."""
        with translated(f"`{name}` cannot be described", None):
            rows = self._cursor.execute(f"DESCRIBE {quote_identifier(name)}").fetchall()
        return {row[0]: from_duckdb(row[1]) for row in rows}

    def arrow(self, name: str) -> pa.RecordBatchReader:
        """See `provisioning.ports.Session`."""
        import pyarrow as pa

        with translated(f"`{name}` failed", None):
            reader = self._cursor.sql(f"SELECT * FROM {quote_identifier(name)}").to_arrow_reader(65_536)
        return pa.RecordBatchReader.from_batches(reader.schema, _told_batches(reader, name))

    def rows(self, name: str) -> list[dict[str, Any]]:
        """See `provisioning.ports.Session`."""
        with translated(f"`{name}` failed", None):
            result = self._cursor.execute(f"SELECT * FROM {quote_identifier(name)}")
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def write(self, name: str, target: Target, where: str) -> Written:
        """See `provisioning.ports.Session`."""
        return Written(self._copy(f"SELECT * FROM {quote_identifier(name)}", target, where))

    def merge(self, base: Handle, changed: str, key: Sequence[str], target: Target, where: str) -> Merge:
        """See `provisioning.ports.Session`; only files that hold a changed key are written again."""
        new = quote_identifier(f"{changed}:once")
        with translated("the model failed", where):  # it may return other rows the next time
            self._keep(f"{changed}:once", f"SELECT * FROM {quote_identifier(changed)}")
        same = " AND ".join(
            f"b.{quote_identifier(c)} IS NOT DISTINCT FROM n.{quote_identifier(c)}" for c in key
        )
        with translated("the merge failed", where):
            file = free_name("filename", (column.name for column in base.columns))
            hit = {
                row[0]
                for row in self._cursor.execute(
                    f"SELECT DISTINCT b.{file} FROM ({scan(base.columns, base.files, file)}) b "
                    f"SEMI JOIN {new} n ON {same}"
                ).fetchall()
            }
        removed = tuple(file for file in base.files if file.path in hit)
        rewritten: tuple[DataFile, ...] = ()
        if removed:
            kept = f"SELECT b.* FROM ({scan(base.columns, removed)}) b ANTI JOIN {new} n ON {same}"
            rewritten = self._copy(kept, target, where, "kept")
        added = self._copy(f"SELECT * FROM {new}", target, where)
        return Merge(added, rewritten, removed)

    def compact(self, handle: Handle, files: Sequence[DataFile], target: Target) -> Written:
        """See `provisioning.ports.Session`."""
        return Written(self._copy(scan(handle.columns, files), target, str(handle.key), "compacted"))

    def offer_parted(
        self,
        good: str,
        broken: str,
        rows: str,
        whole: str,
        specs: Sequence[CheckSpec],
        objects: Mapping[str, str],
        names: tuple[str, str],
        run: str,
    ) -> Parted:
        """See `provisioning.ports.Session`."""
        quoted = {obj: quote_identifier(relation) for obj, relation in objects.items()}
        source, checks = quote_identifier(rows), quote_identifier(names[0])
        with translated("the broken rows cannot be told apart", rows):
            tests = row_tests(self._cursor, quote_identifier(whole), self.describe(rows), specs, quoted)
            told = f"SELECT *, {broken_checks(tests)} AS {checks} FROM {source}"
        self._view(good, f"SELECT * EXCLUDE ({checks}) FROM ({told}) WHERE len({checks}) = 0", rows)
        mark = f"{literal(run)} AS {quote_identifier(names[1])}"
        self._view(broken, f"SELECT *, {mark} FROM ({told}) WHERE len({checks}) > 0", rows)
        with translated("the broken rows cannot be told apart", rows):
            found = self._cursor.execute(
                f"SELECT {checks}, count(*) FROM {quote_identifier(broken)} GROUP BY {checks}"
            ).fetchall()
        counts = {name: sum(n for ids, n in found if name in ids) for name in tests}
        return Parted(sum(n for _, n in found), {name: n for name, n in counts.items() if n})

    def measure(
        self,
        name: str,
        specs: Sequence[CheckSpec],
        objects: Mapping[str, str],
        columns: Mapping[str, ColumnType] | None = None,
        counts: Counts | None = None,
    ) -> Mapping[str, Measure]:
        """See `provisioning.ports.Session`."""
        found = columns if columns is not None else self.describe(name)
        quoted = {obj: quote_identifier(relation) for obj, relation in objects.items()}
        given = self._parts if name not in self._small else {}
        others = {quote_identifier(other): make for other, make in given.items()}
        asked = partial(measure, self._cursor, specs=specs, counts=counts, others=others)
        with translated("the checks could not be measured", name), self._told_of_files():
            if name in self._texts:
                return self._measure_text(name, found, asked, quoted)
            parts = given[name]() if name in given else None
            judged = Judged(quote_identifier(name), found, parts, few=name in self._small)
            return asked(judged, objects=quoted)

    # --- inside

    def _offer_text(self, name: str, located: Located, obj: ContractObject) -> None:
        """Offer text in the contract's types."""
        place = self._copies.get(located.files, located)
        self._files.append((tuple(map(Path, place.files)), located.where))
        self._read_text(name, text_rows(place, obj), located.where)
        grouped = cache(partial(may_group_digits, place.files))

        def rows(plainly: Collection[str] | None) -> TextRows:
            exactly = plainly is not None and not plainly
            return text_rows(place, obj, plainly, exactly or grouped())

        self._texts[name] = rows

    def _read_text(self, name: str, text: TextRows, where: str) -> None:
        """Relation `name` is the text in its types; what it was read from stands beside, for its checks."""
        self._view(_beside(name), text.sql, where)
        columns = ", ".join(map(quote_identifier, text.columns))
        self._view(name, f"SELECT {columns} FROM {quote_identifier(_beside(name))}", where)
        self._names.discard(_beside(name))

    def _measure_text(
        self,
        name: str,
        columns: Mapping[str, ColumnType],
        asked: Callable[..., Mapping[str, Measure]],
        objects: Mapping[str, str],
    ) -> Mapping[str, Measure]:
        """Measure text that is read plainly where that is the same, column by column."""
        trial = f"{name}:plainly"
        plainly = plain_at_first(self._cursor, self._texts[name])
        while plainly:
            text = self._texts[name](plainly)
            self._read_text(trial, text, name)
            self._names.discard(trial)
            own = {
                obj: quote_identifier(trial) for obj, old in objects.items() if old == quote_identifier(name)
            }
            try:
                beside = quote_identifier(_beside(trial))
                judged = Judged(beside, columns, misfits=text.misfits, doubts=text.doubts)
                return asked(judged, objects={**objects, **own})
            except Doubted as doubted:
                plainly = plainly - doubted.columns
            except duckdb.Error as error:
                if not is_of_file(error):
                    raise
                if not plainly & text.given:
                    break
                plainly = plainly - text.given
        exact = self._texts[name](())
        return asked(Judged(quote_identifier(_beside(name)), columns, misfits=exact.misfits), objects=objects)

    @contextmanager
    def _told_of_files(self) -> Iterator[None]:
        """Tell in which text file an error is."""
        try:
            yield
        except duckdb.Error as error:
            if not is_of_file(error) or not self._files:
                raise
            named = (one for one in self._files if any(str(file) in str(error) for file in one[0]))
            files, where = next(named, self._files[0])
            raise explain(error, files, where) from None

    def _view(self, name: str, sql: str, where: str) -> None:
        self._names.add(name)
        self._parts.pop(name, None)
        self._small.discard(name)
        with translated(f"`{name}` cannot be built", where), self._told_of_files():
            if name in self._tables:
                self._cursor.execute(f"DROP TABLE {quote_identifier(name)}")
                self._tables.discard(name)
            self._cursor.execute(f"CREATE OR REPLACE TEMP VIEW {quote_identifier(name)} AS {sql}")

    def _keep(self, name: str, sql: str) -> None:
        """Keep the rows of a query as relation `name`."""
        self._names.add(name)
        self._parts.pop(name, None)
        self._small.discard(name)
        if name not in self._tables:
            self._cursor.execute(f"DROP VIEW IF EXISTS temp.main.{quote_identifier(name)}")
        self._tables.add(name)
        self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE {quote_identifier(name)} AS {sql}")

    def _copy(self, sql: str, target: Target, where: str, part: str = "new") -> tuple[DataFile, ...]:
        """Write a query's rows below the target's prefix; an empty result leaves no file."""
        casts = ", ".join(
            f"CAST({quote_identifier(c.name)} AS {duckdb_type(c.type)}) AS {quote_identifier(c.name)}"
            for c in target.columns
        )
        stored = f"SELECT {casts} FROM ({sql})"
        by_name = {column.name: column for column in target.columns}
        names = [free_name(f"__p{index}", by_name) for index in range(len(target.partitions))]
        options = (
            f"FORMAT parquet, COMPRESSION zstd, FIELD_IDS {field_ids(target.columns)}, RETURN_STATS, "
            f"FILENAME_PATTERN '{target.run}-{part}-{{i}}', FILE_SIZE_BYTES {target.file_size}, "
            "OVERWRITE_OR_IGNORE"
        )
        if target.partitions:
            options += f", PARTITION_BY ({', '.join(names)})"
        else:
            options += ", WRITE_EMPTY_FILE false"
        bucketed = {
            by_name[p.column].type.kind for p in target.partitions if p.transform.startswith("bucket")
        }
        with hash_functions(self._cursor, bucketed) as hashes:
            values = [partition_expression(p, by_name[p.column], hashes) for p in target.partitions]
            keys = "".join(f", {value} AS {name}" for value, name in zip(values, names, strict=True))
            with translated("the rows could not be written", where):
                stats = self._cursor.execute(
                    f"COPY (SELECT *{keys} FROM ({stored})) TO {literal(target.prefix)} ({options})"
                ).fetchall()
        return tuple(
            DataFile(row[0], row[2], row[1], partition_values(target.partitions, names, row[5]))
            for row in stats
            if row[1] > 0
        )


def _beside(name: str) -> str:
    """The relation of a text's values in their types beside those that were found."""
    return f"{name}:beside"


def _told_batches(reader: pa.RecordBatchReader, name: str) -> Iterator[pa.RecordBatch]:
    """The batches of a stream; what DuckDB raises on the way comes through Arrow."""
    import pyarrow as pa

    try:
        yield from reader
    except (pa.ArrowException, OSError) as error:
        raise BuildError(f"`{name}` failed: {without_values(str(error))}") from None
