"""Columns and tables may have any name, also one that is a word of SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from mesh_folder import MeshFolder, column, contract, csv_server, custom, orders_mesh

VALUES = {
    "string": ("a", "b"),
    "integer": ("1", "2"),
    "timestamp": ("2026-01-01 00:00:00", "2026-02-01 00:00:00"),
    "date": ("2026-01-01", "2026-02-01"),
    "boolean": ("true", "false"),
    "number": ("1.5", "2.5"),
}
"""Each kind of column, and its values in the first row and in the second."""

OF_ENGINES = ("filename", "file_index", "file_row_number", "rowid", "__p0", "found", "b", "n", "line")
"""Names that DuckDB, or SQL of ours, gives to columns and relations."""

ODD = ('a "quoted" one', "it's", "with.dot", "with space", "#1", "50%", "größe", "a;b", "{x}", "--", "1st")
"""Names that are no plain identifiers."""

KEY, CURSOR, PARTITIONS = "case", "at", ("__p0", "order", "filename")
NESTED = ("all", "at", "end", "filename", "from", "group", "select", "struct", "table", *ODD)


def kinds_by_name() -> dict[str, str]:
    """A column for every word that DuckDB's grammar knows, and for each of the other names."""
    words = "SELECT DISTINCT keyword_name FROM duckdb_keywords() ORDER BY 1"
    rows = duckdb.connect().execute(words).fetchall()
    names = [*(row[0] for row in rows), *OF_ENGINES, *ODD]
    return {name: list(VALUES)[index % len(VALUES)] for index, name in enumerate(names)}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def keyed(name: str) -> dict[str, Any]:
    return {"required": True, "primaryKey": True, "primaryKeyPosition": 1} if name == KEY else {}


def declared(name: str, kind: str) -> dict[str, Any]:
    """A column with rules of all kinds."""
    sql = {"type": "sql", "query": "select count(*) from ${object} where ${column} is null", "mustBe": 0}
    more: dict[str, Any] = {**keyed(name), "quality": [{"metric": "nullValues", "mustBe": 0}]}
    if name in PARTITIONS:
        more |= {"partitioned": True, "partitionKeyPosition": PARTITIONS.index(name) + 1}
    if name in NESTED:
        more["quality"].append(sql)
    if kind in ("integer", "number"):
        more["logicalTypeOptions"] = {"minimum": 0, "multipleOf": 0.5}
    if kind == "string":
        more["logicalTypeOptions"] = {"pattern": "^[a-z]$", "maxLength": 3}
        more["enum"] = [{"value": value} for value in ("a", "b")]
    return column(name, kind, **more)


def plain(kinds: dict[str, str]) -> list[dict[str, Any]]:
    return [column(name, kind) for name, kind in kinds.items()]


def words_mesh(root: Path, kinds: dict[str, str]) -> MeshFolder:
    """An incremental source, a table merged from it and partitioned, and what Python makes of that."""
    mesh = MeshFolder(root)
    source = contract(
        "words-file",
        {"select": [column(name, kind, **keyed(name)) for name, kind in kinds.items()]},
        servers=csv_server("data/words.csv"),
    )
    source["schema"][0]["customProperties"] = custom(cursor=CURSOR)
    inner = {name: kinds[name] for name in NESTED}
    fields = column("nested", "object", properties=plain(inner))
    columns = [*(declared(name, kind) for name, kind in kinds.items()), fields]
    names = ", ".join(map(quoted, kinds))
    packed = ", ".join(f"{quoted(name)} := {quoted(name)}" for name in inner)
    given = {name: 1 if kind == "integer" else None for name, kind in kinds.items()}
    mesh.product(
        "lab/words",
        [source, contract("words", {"table": columns})],
        {"table.sql": f'select {names}, struct_pack({packed}) as nested from changes(files."select")\n'},
        inputs=[("files", "words-file")],
        outputs=[("words", "1.0.0", "words")],
        port_custom={"materialization": "merge"},
        tests={
            "words.yaml": [
                {
                    "test": "passes everything on",
                    "model": "table",
                    "given": {"files.select": [given]},
                    "expect": [{**given, "nested": {name: given[name] for name in inner}}],
                }
            ]
        },
    )
    mesh.product(
        "lab/copy",
        [contract("copy", {"copy": [*plain(kinds), fields]})],
        {"copy.py": "def model(words__table):\n    return words__table.read_all()\n"},
        inputs=[("words", "words")],
        outputs=[("copy", "1.0.0", "copy")],
    )
    return mesh


def deliver(mesh: MeshFolder, kinds: dict[str, str], count: int) -> None:
    rows = [",".join(VALUES[kind][row] for kind in kinds.values()) for row in range(count)]
    mesh.csv("data/words.csv", ",".join(map(quoted, kinds)), *rows)


def test_a_column_may_have_any_name_from_the_source_to_the_reader(tmp_path: Path) -> None:
    kinds = kinds_by_name()
    mesh = words_mesh(tmp_path, kinds)
    deliver(mesh, kinds, 1)
    mesh.run("test")
    mesh.run("apply", "--yes")
    deliver(mesh, kinds, 2)
    mesh.run("run", "lab/words", "--downstream")
    listed = ", ".join(map(quoted, kinds))
    for table in ('lab.words."table"', "lab.copy.copy"):
        first, second = mesh.rows(f"select {listed}, nested from {table} order by {quoted(CURSOR)}")
        assert list(first) == [*kinds, "nested"]
        assert first["nested"] == {name: first[name] for name in NESTED}
        assert [row[name] for row in (first, second) for name in kinds if kinds[name] == "string"] == [
            value for value in VALUES["string"] for kind in kinds.values() if kind == "string"
        ]


def test_a_word_of_the_grammar_that_is_written_without_quotes_is_told(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    told = """names that are words of DuckDB's grammar need quotes: "at\""""
    answer = mesh.run("query", "select at from (select 1 as at) as t", code=2)
    assert told in answer.err
    model = tmp_path / "domains/finance/revenue/models/revenue.sql"
    model.write_text(
        "with q as (select customer, 1 as at from orders.orders) select customer, at as amount from q\n"
    )
    assert told in " ".join(mesh.run("apply", "--yes", code=1).out.split())
