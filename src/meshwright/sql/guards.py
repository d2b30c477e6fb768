"""What a model may not say: everything but one SELECT over what its product declares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from meshwright.errors import SqlError

if TYPE_CHECKING:
    from sqlglot import exp

DECLARE = "declare an input port in product.yaml and read it as input_port.object"

ONE_SELECT = "write one SELECT, or WITH ... SELECT; where the result goes is declared in product.yaml"

MAX_TEXT = 1_000_000
"""Characters of a statement."""

MAX_DEPTH = 120
"""Brackets and CASEs inside each other, and prefix operators in a row."""

TABLE_FUNCTIONS = frozenset(
    {
        "explode",
        "flatten",
        "generate_date_array",
        "generate_series",
        "generate_subscripts",
        "generate_timestamp_array",
        "inline",
        "json_array_elements",
        "json_each",
        "json_tree",
        "jsonb_array_elements",
        "posexplode",
        "range",
        "regexp_split_to_table",
        "repeat",
        "repeat_row",
        "string_split_to_table",
        "unnest",
    }
)
"""Functions that may stand in FROM: they read nothing but their arguments."""

OUTSIDE = frozenset(
    {
        "current_connection_id",
        "current_query",
        "current_query_id",
        "current_setting",
        "current_transaction_id",
        "currval",
        "dblink",
        "getenv",
        "getvariable",
        "glob",
        "in_search_path",
        "json_deserialize_sql",
        "json_execute_serialized_sql",
        "json_serialize_plan",
        "lo_export",
        "lo_import",
        "nextval",
        "parquet_bloom_probe",
        "parquet_file_metadata",
        "parquet_full_metadata",
        "parquet_kv_metadata",
        "parquet_metadata",
        "parquet_scan",
        "parquet_schema",
        "pg_conf_load_time",
        "pg_ls_dir",
        "pg_postmaster_start_time",
        "pg_read_binary_file",
        "pg_read_file",
        "pg_sleep",
        "query",
        "query_table",
        "read_blob",
        "read_csv",
        "read_csv_auto",
        "read_duckdb",
        "read_json",
        "read_json_auto",
        "read_ndjson",
        "read_parquet",
        "read_text",
        "set_config",
        "setseed",
        "setval",
        "sleep_ms",
        "sniff_csv",
        "stats",
        "txid_current",
        "vector_type",
        "which_secret",
        "write_log",
    }
)
"""Scalar functions whose result comes from outside the statement's tables."""

_CATALOGUE_CALLS = ("duckdb_", "pragma_")
_CATALOGUES = ("information_schema", "pg_catalog", "pg_temp", "system", "temp")
_CATALOGUE_TABLES = ("duckdb_", "sqlite_master", "sqlite_schema", "sqlite_temp_", "pragma_", "pg_")


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of a place in a text, from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


class Refusals:
    """Makes the errors of one statement, with their place."""

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where

    def at(
        self, offset: int | None, what: str, why: str | None = None, way_out: str | None = None
    ) -> SqlError:
        """An error at an offset of the text."""
        line, column = position(self.text, offset) if offset is not None else (None, None)
        place = f"{self.where}:{line}:{column}" if offset is not None else self.where
        return SqlError(what, line=line, column=column, where=place, why=why, way_out=way_out)

    def on(self, node: exp.Expr, what: str, why: str | None = None, way_out: str | None = None) -> SqlError:
        """An error at a node of the syntax tree: at its first part that knows its place."""
        starts = (part.meta.get("start") for part in node.walk() if part._meta)
        return self.at(min((s for s in starts if s is not None), default=None), what, why, way_out)

    def check_size(self) -> None:
        """Refuse a text that is too long to be a model."""
        if len(self.text) > MAX_TEXT:
            raise self.at(
                None,
                f"the statement has {len(self.text):,} characters, more than {MAX_TEXT:,}",
                way_out="keep data in files and read them through an input port",
            )

    def check_depth(self, tokens: Sequence[Any]) -> None:
        """Refuse what is nested so deeply that the parser's stack could overflow."""
        lowered = self.text.lower()
        if sum(map(lowered.count, ("(", "[", "{", "case", "not", "-", "+", "~"))) <= MAX_DEPTH:
            return
        depth = run = 0
        previous = ""
        for token in tokens:
            text = token.text.upper()
            if text in ("(", "[", "{", "CASE"):
                depth += 1
            elif text in (")", "]", "}", "END"):
                depth -= 1
            run = run + 1 if text == previous and text in ("NOT", "-", "+", "~") else 0
            previous = text
            if max(depth, run) > MAX_DEPTH:
                raise self.at(
                    token.start,
                    f"more than {MAX_DEPTH} levels are nested here",
                    way_out="give parts of it names with WITH, or make them models of their own",
                )

    def check_table(self, node: exp.Expr, parts: Sequence[str]) -> None:
        """Refuse a table that is a file or belongs to the engine's catalogue."""
        name = parts[-1].lower()
        if len(parts) == 1 and any(mark in name for mark in ("/", "\\", ".", "*", ":")):
            raise self.on(
                node,
                f"a model cannot read the file `{parts[0]}`",
                why="models read only what their product declares",
                way_out=DECLARE,
            )
        first = parts[0].lower()
        if (len(parts) > 1 and first in _CATALOGUES) or (
            len(parts) == 1 and name.startswith(_CATALOGUE_TABLES)
        ):
            raise self.on(
                node,
                f"a model cannot read the engine's catalogue, here `{'.'.join(parts)}`",
                why="models read only what their product declares",
                way_out=DECLARE,
            )

    def check_table_function(self, node: exp.Expr, name: str, parts: int) -> None:
        """Refuse a function in FROM that is not known to read only its arguments."""
        if name not in TABLE_FUNCTIONS or parts > 1:
            raise self.on(
                node,
                f"a model cannot read from `{name}(...)`",
                why="models read only what their product declares",
                way_out=DECLARE,
            )

    def check_call(self, node: exp.Expr, name: str) -> None:
        """Refuse a function in an expression that reaches outside."""
        if name in OUTSIDE or name.startswith(_CATALOGUE_CALLS):
            raise self.on(
                node,
                f"a model cannot call `{name}`",
                why="its result does not come from the declared inputs",
                way_out=DECLARE,
            )
        if name == "changes":
            raise self.on(
                node,
                "`changes(...)` is a table",
                way_out="write FROM changes(input_port.object)",
            )


def forbidden() -> dict[type, str]:
    """Kinds of nodes that a model's syntax tree may not hold, and what to call them."""
    from sqlglot import exp

    kinds: dict[type, str] = {
        exp.Command: "a command",
        exp.Describe: "DESCRIBE",
        exp.Summarize: "SUMMARIZE",
        exp.Show: "SHOW",
        exp.Pragma: "PRAGMA",
        exp.Into: "SELECT ... INTO",
        exp.Lock: "a lock on rows (FOR UPDATE)",
        exp.HistoricalData: "another version of a table (AT)",
        exp.Insert: "INSERT",
        exp.Update: "UPDATE",
        exp.Delete: "DELETE",
        exp.Merge: "MERGE",
        exp.Create: "CREATE",
        exp.Drop: "DROP",
        exp.Copy: "COPY",
        exp.Attach: "ATTACH",
        exp.Set: "SET",
        exp.Use: "USE",
        exp.Placeholder: "a parameter",
        exp.Parameter: "a parameter",
        exp.SessionParameter: "a session setting",
        exp.NextValueFor: "a sequence",
    }
    return kinds
