"""TPC-H lineitem, a contract of 16 properties for it, and the same checks written by hand."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

TEXTS = ("l_returnflag", "l_linestatus", "l_shipinstruct", "l_shipmode", "l_comment")
OPTIONS: dict[str, dict[str, Any]] = {
    "l_linenumber": {"minimum": 1, "maximum": 7},
    "l_quantity": {"minimum": 1, "maximum": 50},
    "l_extendedprice": {"minimum": 0},
    "l_discount": {"minimum": 0, "maximum": 0.1},
    "l_tax": {"minimum": 0, "maximum": 0.08},
    "l_shipinstruct": {"maxLength": 25},
    "l_shipmode": {"maxLength": 10, "pattern": "^[A-Z ]+$"},
    "l_comment": {"maxLength": 44},
}
VALUES = {"l_returnflag": ["A", "N", "R"], "l_linestatus": ["O", "F"]}
KINDS = {
    **dict.fromkeys(("l_orderkey", "l_partkey", "l_suppkey", "l_linenumber"), "integer"),
    **dict.fromkeys(("l_quantity", "l_extendedprice", "l_discount", "l_tax"), "number"),
    **dict.fromkeys(("l_returnflag", "l_linestatus"), "string"),
    **dict.fromkeys(("l_shipdate", "l_commitdate", "l_receiptdate"), "date"),
    **dict.fromkeys(("l_shipinstruct", "l_shipmode", "l_comment"), "string"),
}
KEY = ("l_orderkey", "l_linenumber")
RULE = "SELECT count(*) FROM lineitem WHERE l_shipdate > l_receiptdate"


def contract(path: Path, key: bool = True, form: str = "parquet") -> dict[str, Any]:
    """The contract, of data in one file; with or without its key."""
    properties = []
    for name, kind in KINDS.items():
        prop: dict[str, Any] = {"name": name, "logicalType": kind, "required": True}
        if name in OPTIONS:
            prop["logicalTypeOptions"] = OPTIONS[name]
        if name in VALUES:
            prop["enum"] = [{"value": value} for value in VALUES[name]]
        if key and name in KEY:
            prop.update(primaryKey=True, primaryKeyPosition=KEY.index(name) + 1)
        properties.append(prop)
    rules = [
        {"type": "library", "metric": "rowCount", "mustBeGreaterThan": 0},
        {"type": "sql", "query": RULE, "mustBe": 0},
    ]
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "lineitem",
        "version": "1.0.0",
        "status": "active",
        "servers": [{"server": "files", "type": "local", "path": str(path), "format": form}],
        "schema": [
            {"name": "lineitem", "physicalName": "lineitem", "properties": properties, "quality": rules}
        ],
    }


def write_contract(file: Path, data: Path, key: bool = True, form: str = "parquet") -> None:
    """The contract as a document; for the peer, which knows 3.1, without what 3.2 has new."""
    file.write_text(json.dumps(contract(data, key, form), indent=1))


def text_script(data: Path, rows: int, target: Path) -> str:
    """A script that writes the first rows of a Parquet file as CSV or JSON lines, by the target's name."""
    form = "FORMAT csv, HEADER" if target.suffix == ".csv" else "FORMAT json"
    return _script(f"COPY (SELECT * FROM '{data}' LIMIT {rows}) TO '{target}' ({form})")


def shuffle_script(data: Path, target: Path) -> str:
    """A script that writes the two columns of the key in an order that is as good as random."""
    rows = f"SELECT {', '.join(KEY)} FROM '{data}' ORDER BY hash({', '.join(KEY)})"
    return _script(f"COPY ({rows}) TO '{target}' (FORMAT parquet)")


def write_key_contract(file: Path, data: Path) -> None:
    """The contract of these two columns: the key, and nothing else."""
    document = contract(data)
    (table,) = document["schema"]
    named = {prop["name"]: prop for prop in table["properties"]}
    kept = ("name", "logicalType", "primaryKey", "primaryKeyPosition")
    key = [{name: value for name, value in named[column].items() if name in kept} for column in KEY]
    document["schema"] = [{"name": table["name"], "properties": key}]
    file.write_text(json.dumps(document, indent=1))


def write_table_contract(file: Path, metadata: Path) -> None:
    """The contract of data in an Iceberg table."""
    server = {"server": "table", "type": "iceberg", "catalog": "none", "catalogUrl": f"file://{metadata}"}
    document = {**contract(metadata), "servers": [server]}
    file.write_text(json.dumps(document, indent=1))


def peer_contract(file: Path, data: Path) -> None:
    """The same for datacontract-cli, with value lists as it reads them."""
    document = contract(data)
    document["apiVersion"] = "v3.1.0"
    for prop in document["schema"][0]["properties"]:
        values = prop.pop("enum", None)
        if values:
            listed = [value["value"] for value in values]
            rule = {
                "type": "library",
                "metric": "invalidValues",
                "arguments": {"validValues": listed},
                "mustBe": 0,
            }
            prop["quality"] = [rule]
    file.write_text(json.dumps(document, indent=1))


def peer_passed(printed: str) -> bool:
    """Whether datacontract-cli ran all of these checks, and each passed; of types it only warns."""
    options = [option for each in OPTIONS.values() for option in each]
    checks = 2 * len(KINDS) + len(options) + len(VALUES) + len(("the key", "the row count", "the rule"))
    found = Counter(re.findall(r"^│ (\w+) +│", printed, re.MULTILINE))
    return found == {"Result": 1, "passed": checks, "warning": len(KINDS)}


def ours_passed(printed: str) -> bool:
    """Whether Meshwright ran checks, and each passed."""
    found = re.search(r"^(\d+) checks: (\d+) passed\. ", printed, re.MULTILINE)
    return found is not None and found[1] == found[2] != "0"


def expectations_met(printed: str) -> bool:
    """Whether Great Expectations ran expectations, and each was met."""
    found = re.search(r"^(\d+) of (\d+) met$", printed, re.MULTILINE)
    return found is not None and found[1] == found[2] != "0"


def first_rows(source: Path, target: Path, rows: int) -> str:
    """A script that writes the first rows of a file to another."""
    query = f"COPY (FROM '{source}' LIMIT {rows}) TO '{target}'"
    return f"import duckdb; duckdb.execute({query!r})"


def by_hand(data: Path) -> str:
    """A script with one DuckDB query that computes all the checks but the key, on two threads."""
    return _script(f"SELECT {', '.join(_tests())} FROM '{data}'")


def text_by_hand(data: Path) -> str:
    """The same for CSV or JSON lines, in the contract's types, and with the key, as text is read once."""
    types = {"integer": "BIGINT", "number": "DOUBLE", "string": "VARCHAR", "date": "DATE"}
    columns = "{" + ", ".join(f"'{name}': '{types[kind]}'" for name, kind in KINDS.items()) + "}"
    read = "read_csv" if data.suffix == ".csv" else "read_json"
    options = "header = true" if data.suffix == ".csv" else "format = 'newline_delimited'"
    tests = [*_tests(), f"count(DISTINCT ({', '.join(KEY)}))"]
    return _script(f"SELECT {', '.join(tests)} FROM {read}('{data}', {options}, columns = {columns})")


def _tests() -> list[str]:
    tests = [f"count(*) - count({name})" for name in KINDS]
    for name, options in OPTIONS.items():
        tests += [f"count_if({name} < {options['minimum']})"] if "minimum" in options else []
        tests += [f"count_if({name} > {options['maximum']})"] if "maximum" in options else []
        tests += [f"count_if(length({name}) > {options['maxLength']})"] if "maxLength" in options else []
        tests += (
            [f"count_if(NOT regexp_matches({name}, '{options['pattern']}'))"] if "pattern" in options else []
        )
    for name, values in VALUES.items():
        tests.append(f"count_if({name} NOT IN ({', '.join(repr(value) for value in values)}))")
    return [*tests, "count(*)", "count_if(l_shipdate > l_receiptdate)"]


def key_by_hand(data: Path) -> str:
    """A script that counts the different keys as a person would ask for them."""
    return _script(f"SELECT count(DISTINCT ({', '.join(KEY)})) FROM '{data}'")


def _script(query: str) -> str:
    config = "{'threads': 2, 'memory_limit': '1GiB'}"
    return f"import duckdb; print(duckdb.connect(config={config}).execute({query!r}).fetchall())"
