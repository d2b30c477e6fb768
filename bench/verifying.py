"""`mesh verify` of TPC-H lineitem, as Parquet, as an Iceberg table, as CSV and as JSON lines."""

from __future__ import annotations

import subprocess
from pathlib import Path

from measuring import BENCH, MESH, PYTHON, Row, by_turns, empty, peak_memory, peer_environment, timed

import verification as lineitem


def verification(_: str) -> list[Row]:
    """`mesh verify` of TPC-H lineitem against its peers and DuckDB by hand, at growing scale."""
    folder = BENCH / "lineitem"
    peer = str(peer_environment("datacontract", "datacontract-cli==1.2.8") / "datacontract")
    expect = str(peer_environment("gx", "great_expectations==1.*", "pyarrow") / "python")
    rows: list[Row] = []
    for scale in (0.1, 1, 10):
        data = lineitem_at(scale)
        whole, part, theirs = (data.parent / f"{name}.yaml" for name in ("whole", "part", "peer"))
        lineitem.write_contract(whole, data)
        lineitem.write_contract(part, data, key=False)
        lineitem.peer_contract(theirs, data)
        ours, alone = ([MESH, "verify", str(file), "--fresh"] for file in (whole, part))
        test = [peer, "test", str(theirs)]
        about = f"{int(scale * 6_000_000):,} rows"
        once = 1 if scale == 10 else 3
        limit = {1: 0.15, 10: 0.08}.get(scale)
        whole_time = timed(ours, BENCH, succeeded=lineitem.ours_passed)
        part_time = timed(alone, BENCH, succeeded=lineitem.ours_passed)
        theirs_time = timed(test, BENCH, times=once, succeeded=lineitem.peer_passed)
        rows.append(Row(f"verify {about}", whole_time, theirs_time, limit))
        if scale == 1:
            for numbers, most in (("exact", 0.04), ("doubles", None)):
                script = [expect, str(Path(__file__).parent / "expectations.py"), str(data), numbers]
                met = timed(script, BENCH, times=1, succeeded=lineitem.expectations_met)
                rows.append(Row(f"the same, Great Expectations, {numbers}", whole_time, met, most))
        if scale == 10:
            memory = peak_memory(ours, BENCH), peak_memory(test, BENCH)
            rows.append(Row("its peak memory", memory[0] / 1e6, memory[1] / 1e6, 0.08, "MB"))
            hand = timed([PYTHON, "-c", lineitem.by_hand(data)], BENCH)
            rows.append(Row("without the key, against one query by hand", part_time, hand, 0.4))
            key = timed([PYTHON, "-c", lineitem.key_by_hand(data)], BENCH)
            rows.append(Row("the key, against count(DISTINCT ...)", whole_time - part_time, key, 0.35))
            rows.append(shuffled_key(data))
        again = timed([MESH, "verify", str(whole)], BENCH, succeeded=lineitem.ours_passed)
        rows.append(Row(f"nothing changed, {about} (against 0.3 s)", again, 0.3, 1.0))
        rows += of_a_table(data, about, theirs_time, 0.02 if scale == 10 else None)
    return [small(folder, peer), *rows]


def shuffled_key(data: Path) -> Row:
    """The key where the rows are in no order; both have 1 GiB."""
    shuffled, declared = data.with_name("shuffled.parquet"), data.with_name("shuffled.yaml")
    if not shuffled.exists():
        subprocess.run([PYTHON, "-c", lineitem.shuffle_script(data, shuffled)], check=True)
    lineitem.write_key_contract(declared, shuffled)
    ours = timed([MESH, "verify", str(declared), "--fresh"], BENCH, succeeded=lineitem.ours_passed)
    theirs = timed([PYTHON, "-c", lineitem.key_by_hand(shuffled)], BENCH)
    return Row("the key of shuffled rows, both with 1 GiB", ours, theirs, 0.75)


def of_a_table(data: Path, about: str, peer: float, limit: float | None) -> list[Row]:
    """The same rows as an Iceberg table of 100 files that are remembered: nothing changed, one appended."""
    folder = data.parent / "table"
    script = [PYTHON, str(Path(__file__).parent / "iceberg_table.py"), str(folder), str(data)]
    if not (folder / "hundred.db").exists():
        empty(folder)
        folder.mkdir()
        subprocess.run([*script, "make"], check=True)
    subprocess.run([*script, "reset"], check=True)
    ours = [MESH, "verify", str(folder / "contract.yaml")]
    timed(ours, BENCH, times=1, succeeded=lineitem.ours_passed)
    again = timed(ours, BENCH, succeeded=lineitem.ours_passed)
    more = timed(
        ours,
        BENCH,
        lambda: subprocess.run([*script, "append"], check=True),
        succeeded=lineitem.ours_passed,
    )
    return [
        Row(f"nothing changed, {about} in 100 Iceberg files (against 0.3 s)", again, 0.3, 1.0),
        Row(f"one Iceberg file more, {about} (against datacontract-cli)", more, peer, limit),
    ]


def small(folder: Path, peer: str) -> Row:
    """A thousand rows, with nothing remembered: what it takes to start."""
    data = folder / "small" / "lineitem.parquet"
    data.parent.mkdir(exist_ok=True)
    script = lineitem.first_rows(folder / "0.1" / "lineitem.parquet", data, 1000)
    subprocess.run([PYTHON, "-c", script], check=True)
    whole, theirs = data.with_name("whole.yaml"), data.with_name("peer.yaml")
    lineitem.write_contract(whole, data)
    lineitem.peer_contract(theirs, data)
    ours = [MESH, "verify", str(whole)]
    cold = timed(ours, BENCH, lambda: empty(BENCH / "cache"), times=5, succeeded=lineitem.ours_passed)
    tested = timed([peer, "test", str(theirs)], BENCH, succeeded=lineitem.peer_passed)
    return Row("verify 1,000 rows, cold", cold, tested, 0.3)


def text(_: str) -> list[Row]:
    """`mesh verify` of lineitem as CSV and as JSON lines against one DuckDB query by hand over the file."""
    data = lineitem_at(1)
    rows: list[Row] = []
    for count, name, form in ((5_000_000, "rows.csv", "csv"), (1_000_000, "rows.jsonl", "jsonl")):
        target, declared = data.parent / name, data.parent / f"{form}.yaml"
        if not target.exists():
            script = lineitem.text_script(data, count, target)
            subprocess.run([PYTHON, "-c", script], check=True, capture_output=True)
        lineitem.write_contract(declared, target, form=form)
        verify = [MESH, "verify", str(declared), "--fresh"]
        by_hand = [PYTHON, "-c", lineitem.text_by_hand(target)]
        ours, hand = by_turns(verify, by_hand, BENCH, lineitem.ours_passed)
        rows.append(Row(f"verify {count:,} rows of {form}, against one query by hand", ours, hand, 1.3))
    return rows


def lineitem_at(scale: float) -> Path:
    """TPC-H lineitem as one Parquet file, generated where it is not there yet."""
    data = BENCH / "lineitem" / str(scale) / "lineitem.parquet"
    if not data.exists():
        generate = str(peer_environment("tpch", "tpchgen-cli") / "tpchgen-cli")
        words = ["parquet", "-s", str(scale), "--tables=lineitem", f"--output-dir={data.parent}"]
        subprocess.run([generate, *words], check=True, capture_output=True)
    return data
