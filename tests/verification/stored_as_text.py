"""Generated tables as CSV and JSON, spelled in many ways, some of their values of no type at all."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from tests.verification.oracle import Row, count_violations

from meshwright.adapters.duckdb.engine import DuckEngine
from meshwright.experience.contracts.compile import compile_contract
from meshwright.experience.contracts.judge import judge_all
from meshwright.model.check import CheckResult
from meshwright.model.contract import Contract
from meshwright.provisioning.ports import Located


@dataclass(frozen=True)
class Misfit:
    """A value that is not of its column's type, as CSV has it, or as a value of JSON."""

    text: str


MISFITS = {
    "csv": {
        "integer": ["x", "1.5", "1e3", "1_0", "0x1", "9223372036854775808", "\t1"],
        "number": ["x", "1_0", "1,5", "0x1"],
        "decimal": ["x", "1_0", "0.001", "1.000000001", "100000000"],
        "boolean": ["maybe", "2"],
        "date": ["2020-02-30", "infinity", "2020-02-29 10:00", "2020-03-01Z", "soon", "5881580-07-10"],
        "time": ["24:00", "10:00+01", "x"],
        "timestamp": ["noon", "infinity", "2020-02-30 10:00:00"],
    },
    "jsonl": {
        "integer": ['"1"', "1.5", "true", "[]", "9223372036854775808", "NaN"],
        "number": ['"1.5"', "true", "{}"],
        "decimal": ['"1"', "0.001", "false", "100000000"],
        "boolean": ['"true"', "1", "0"],
        "date": ['"2020-02-30"', '"infinity"', '"2020-02-29 10:00"', "20200301", "true"],
        "time": ['"24:00"', "10"],
        "timestamp": ['"noon"', '"infinity"', "1582979400"],
        "string": ["5", "-1.5", "true", "false", "{}", '[""]', "NaN", "-Infinity", "1e3"],
    },
}


def misfits_of(form: str, prop: Mapping[str, Any]) -> list[str]:
    """Values that are none of a property's; empty where any value is one."""
    kind = "decimal" if "decimal" in prop.get("physicalType", "") else prop["logicalType"]
    return MISFITS["csv" if form == "csv" else "jsonl"].get(kind, [])


def count_in_text(
    obj: Mapping[str, Any], rows: Sequence[Row], others: Mapping[str, Sequence[Row]]
) -> Counter[str]:
    """What the oracle counts, and misfits: they have no value, and are there all the same."""
    plain = [{name: None if isinstance(v, Misfit) else v for name, v in row.items()} for row in rows]
    found = count_violations(obj, plain, {**others, obj["name"]: plain})
    keys = [prop["name"] for prop in obj["properties"] if prop.get("primaryKey")]
    for row in rows:
        wrong = {name for name, value in row.items() if isinstance(value, Misfit)}
        found[f"{obj['name']}.primary_key"] -= bool(wrong.intersection(keys))
        for prop in obj["properties"]:
            path = f"{obj['name']}.{prop['name']}"
            if prop["name"] in wrong:
                found[f"{path}.type"] += 1
                found[f"{path}.required"] -= bool(prop.get("required"))
                for index, rule in enumerate(prop.get("quality", ())):
                    found[f"{path}.quality[{index}]"] -= rule["metric"] in ("nullValues", "missingValues")
    return found


def write(form: str, file: Path, obj: Mapping[str, Any], rows: Sequence[Row], chance: Random) -> Located:
    """Rows as a file, each value spelled in one of the ways that mean it."""
    names = [prop["name"] for prop in obj["properties"]]
    rows = [{prop["name"]: _as_json(row[prop["name"]], prop) for prop in obj["properties"]} for row in rows]
    if form == "csv":
        lines = [",".join(_quoted(name) for name in names)]
        lines += [",".join(_cell(row[name], chance) for name in names) for row in rows]
        file.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="")
        return Located(form, (str(file),), "here", {"delimiter": ","}, headers=(tuple(names),))
    records = []
    for row in rows:
        members = [f"{json.dumps(name)}: {_member(row[name], chance)}" for name in names]
        records.append("{" + ", ".join(member for member in members if not _left_out(member, chance)) + "}")
    text = "[" + ",\n".join(records) + "]" if form == "json" else "".join(record + "\n" for record in records)
    file.write_text(text, encoding="utf-8")
    return Located(form, (str(file),), "here")


def verify_text(declared: Contract, located: Mapping[str, Located], scratch: Path) -> dict[str, CheckResult]:
    """The results for the object `main`, by check id."""
    objects = {obj.name: obj for obj in declared.objects}
    with DuckEngine([], {"scratch": str(scratch)}).inspection(located.values()) as session:
        for name, place in located.items():
            session.offer_located(name, place, objects[name])
        specs = [spec for spec in compile_contract(declared, list(objects)) if spec.object == "main"]
        measures = session.measure("main", specs, {name: name for name in objects})
    return {result.spec.id: result for result in judge_all(specs, measures)}


def _as_json(value: Any, prop: Mapping[str, Any]) -> Any:
    """A value as JSON has it: an object for a map, which rows have as pairs."""
    if value is None or isinstance(value, Misfit):
        return value
    match prop["logicalType"]:
        case "map":
            return {key: _as_json(part, prop["map"]["value"]) for key, part in value}
        case "array":
            return [_as_json(item, prop["items"]) for item in value]
        case "object":
            return {part["name"]: _as_json(value[part["name"]], part) for part in prop["properties"]}
    return value


def _left_out(member: str, chance: Random) -> bool:
    return member.endswith(": null") and chance.random() < 0.5


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _cell(value: Any, chance: Random) -> str:
    if value is None:
        return ""
    if isinstance(value, Misfit):
        return _quoted(value.text)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, (dict, list)):
        return _quoted(_member(value, chance))
    if isinstance(value, bool):
        return chance.choice([str(value), str(value).lower(), f" {value} "])
    if isinstance(value, int):
        zeros, plus = f"{value:+04d}", f"{value:+d}"
        return _often(str(value), [plus, zeros, f" {value}", f"{value}.0", f'"{value}"'], chance)
    if isinstance(value, Decimal):
        return _often(str(value), [f"{value}000", f"{value:+}", f" {value} "], chance)
    if isinstance(value, float):
        return _often(repr(value), [f"{value:+.17e}", f" {value!r}"], chance)
    return _often(_moment(value, chance), [f" {_moment(value, chance)}"], chance)


def _member(value: Any, chance: Random) -> str:
    if isinstance(value, Misfit):
        return value.text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {_member(v, chance)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_member(item, chance) for item in value) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value is None or isinstance(value, (bool, str, float)):
        return json.dumps(value, ensure_ascii=chance.random() < 0.5)
    if isinstance(value, int):
        return _often(str(value), [f"{value}.0"] if abs(value) < 2**53 else [str(value)], chance)
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(_moment(value, chance))


def _moment(value: date | time | datetime, chance: Random) -> str:
    if isinstance(value, datetime):
        return _often(str(value), [value.isoformat(), value.isoformat(timespec="microseconds")], chance)
    if isinstance(value, date) and value.year > 1000:
        return _often(str(value), [f"{value.year}-{value.month}-{value.day}", f"{value} 00:00:00"], chance)
    return str(value)


def _often(usual: str, others: Sequence[str], chance: Random) -> str:
    return usual if chance.random() < 0.8 else chance.choice(others)
