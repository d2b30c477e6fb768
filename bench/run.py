"""Meshwright and its peers, side by side in one run: `make bench`.

Prints a table and writes it to `.bench/results.json`. Times are medians of three runs of a whole
process, files in the page cache; the peers live in virtual environments of their own below
`.bench/`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import meshes

import verification as lineitem

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / ".bench"
MESH = str(BENCH / "ours" / "bin" / "mesh")


@dataclass(frozen=True)
class Row:
    """One line of the table: seconds, and how much of the peer's they may be."""

    work: str
    ours: float
    peer: float | None
    limit: float | None
    unit: str = "s"

    @property
    def ratio(self) -> float | None:
        return self.ours / self.peer if self.peer else None

    @property
    def verdict(self) -> str:
        if self.limit is None or self.ratio is None:
            return ""
        return "ok" if self.ratio <= self.limit else "MISSED"


def timed(
    command: Sequence[str],
    folder: Path,
    before: Callable[[], object] = lambda: None,
    times: int = 3,
    succeeded: Callable[[str], bool] = lambda printed: True,
) -> float:
    """The median wall seconds of a command; it must succeed, also by what it prints."""
    seconds = []
    for _ in range(times):
        before()
        start = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True)
        seconds.append(time.perf_counter() - start)
        if done.returncode or not succeeded(done.stdout):
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return statistics.median(seconds)


def environment() -> dict[str, str]:
    """A cache of its own, so that cold means cold; no telemetry."""
    return {
        **os.environ,
        "XDG_CACHE_HOME": str(BENCH / "cache"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "False",
    }


def install_ours() -> None:
    """Meshwright as a user has it: built and installed, without what only its developers need."""
    pip = [str(BENCH / "ours" / "bin" / "pip"), "--disable-pip-version-check", "install", "--quiet"]
    if not (BENCH / "ours").exists():
        subprocess.run([sys.executable, "-m", "venv", str(BENCH / "ours")], check=True)
    subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), str(ROOT)], check=True)
    subprocess.run([*pip, "--no-deps", "--force-reinstall", str(ROOT)], check=True)
    subprocess.run([MESH, "--help"], check=True, capture_output=True)


def peer_dbt() -> str:
    """dbt-core 1.11 with dbt-duckdb; 1.12 wants a download outside the package registry."""
    folder = BENCH / "dbt"
    if not (folder / "bin" / "dbt").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        packages = ["dbt-core==1.11.*", "dbt-duckdb==1.11.*"]
        subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", *packages], check=True)
    return str(folder / "bin" / "dbt")


def empty(*folders: Path) -> None:
    """Remove folders."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def versions(dbt: str) -> list[Row]:
    """`--version`."""
    ours = timed([MESH, "--version"], BENCH, times=5)
    return [Row("--version", ours, timed([dbt, "--version"], BENCH), 0.1)]


def chained(dbt: str) -> list[Row]:
    """100 products, 400 checks: first apply, then nothing changed."""
    ours, theirs = BENCH / "chained-mesh", BENCH / "chained-dbt"
    empty(ours, theirs)
    meshes.write_chained_mesh(ours)
    meshes.write_chained_dbt(theirs)
    apply = [MESH, "apply", "--yes"]
    build = [dbt, "build", "--quiet", "--profiles-dir", "."]

    def fresh_ours() -> None:
        empty(ours / ".mesh", BENCH / "cache")

    def fresh_theirs() -> None:
        empty(theirs / "target")
        (theirs / "bench.duckdb").unlink(missing_ok=True)

    first = Row(
        "100 chained products, 400 checks, first apply",
        timed(apply, ours, fresh_ours),
        timed(build, theirs, fresh_theirs),
        0.2,
    )
    again = Row("the same, nothing changed", timed(apply, ours), timed(build, theirs), 0.03)
    return [first, again]


def planning(dbt: str) -> list[Row]:
    """validate + plan of 1,000 products against `dbt parse` of 1,000 models; then 10,000."""
    ours, theirs, large = BENCH / "wide-mesh", BENCH / "wide-dbt", BENCH / "wide-mesh-10000"
    empty(ours, theirs, large)
    meshes.write_wide_mesh(ours, 1000)
    meshes.write_wide_dbt(theirs, 1000)
    plan = [MESH, "plan", "--format", "json"]
    parse = [dbt, "parse", "--quiet", "--profiles-dir", "."]
    cold = timed(plan, ours, lambda: empty(BENCH / "cache"))
    peer_cold = timed(parse, theirs, lambda: empty(theirs / "target"))
    empty(BENCH / "cache")
    memory = peak_memory(plan, ours)
    warm = timed(plan, ours)
    peer_warm = timed(parse, theirs)
    meshes.write_wide_mesh(large, 10_000)
    many = timed(plan, large, lambda: empty(BENCH / "cache"))
    return [
        Row("validate + plan 1,000 products, cold", cold, peer_cold, 0.15),
        Row("the same, warm", warm, peer_warm, 0.15),
        Row("its peak memory (against 300 MB)", memory / 1e6, 300.0, 1.0, "MB"),
        Row("10,000 products, cold (against 1,000)", many, cold, 12.0),
    ]


def peak_memory(command: Sequence[str], folder: Path) -> float:
    """The peak resident bytes of a command."""
    probe = (
        "import resource, subprocess, sys; "
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *command],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout) * 1024.0


def appends(_: str) -> list[Row]:
    """The cost of an append after a thousand of them, against that after ten."""
    folder = BENCH / "appends"
    empty(folder)
    script = [str(BENCH / "ours" / "bin" / "python"), str(Path(__file__).parent / "appends.py"), str(folder)]
    done = subprocess.run(script, env=environment(), capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    early, late = json.loads(done.stdout)
    return [Row("an append after 1,000 (against after 10)", late, early, 1.5)]


def demo(_: str) -> list[Row]:
    """`make demo` where everything is installed already."""
    script = [sys.executable, str(ROOT / "examples" / "premium-offices" / "demo.py"), str(BENCH / "demo")]
    return [Row("the demo, installed (against 20 s)", timed(script, ROOT), 20.0, 1.0)]


def verification(_: str) -> list[Row]:
    """`mesh verify` of TPC-H lineitem against its peers and DuckDB by hand, at growing scale."""
    folder = BENCH / "lineitem"
    peer = str(peer_environment("datacontract", "datacontract-cli==1.2.8") / "datacontract")
    expect = str(peer_environment("gx", "great_expectations==1.*", "pyarrow") / "python")
    python = str(BENCH / "ours" / "bin" / "python")
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
            hand = timed([python, "-c", lineitem.by_hand(data)], BENCH)
            rows.append(Row("without the key, against one query by hand", part_time, hand, 0.4))
            key = timed([python, "-c", lineitem.key_by_hand(data)], BENCH)
            rows.append(Row("the key, against count(DISTINCT ...)", whole_time - part_time, key, 0.35))
            rows.append(shuffled_key(data, python))
        again = timed([MESH, "verify", str(whole)], BENCH, succeeded=lineitem.ours_passed)
        rows.append(Row(f"nothing changed, {about} (against 0.3 s)", again, 0.3, 1.0))
        rows += of_a_table(data, python, about, theirs_time, 0.02 if scale == 10 else None)
    return [small(folder, peer, python), *rows]


def shuffled_key(data: Path, python: str) -> Row:
    """The key where the rows are in no order; both have 1 GiB."""
    shuffled, declared = data.with_name("shuffled.parquet"), data.with_name("shuffled.yaml")
    if not shuffled.exists():
        subprocess.run([python, "-c", lineitem.shuffle_script(data, shuffled)], check=True)
    lineitem.write_key_contract(declared, shuffled)
    ours = timed([MESH, "verify", str(declared), "--fresh"], BENCH, succeeded=lineitem.ours_passed)
    theirs = timed([python, "-c", lineitem.key_by_hand(shuffled)], BENCH)
    return Row("the key of shuffled rows, both with 1 GiB", ours, theirs, 0.75)


def of_a_table(data: Path, python: str, about: str, peer: float, limit: float | None) -> list[Row]:
    """The same rows as an Iceberg table of 100 files that are remembered: nothing changed, one appended."""
    folder = data.parent / "table"
    script = [python, str(Path(__file__).parent / "iceberg_table.py"), str(folder), str(data)]
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


def small(folder: Path, peer: str, python: str) -> Row:
    """A thousand rows, with nothing remembered: what it takes to start."""
    data = folder / "small" / "lineitem.parquet"
    data.parent.mkdir(exist_ok=True)
    script = lineitem.first_rows(folder / "0.1" / "lineitem.parquet", data, 1000)
    subprocess.run([python, "-c", script], check=True)
    whole, theirs = data.with_name("whole.yaml"), data.with_name("peer.yaml")
    lineitem.write_contract(whole, data)
    lineitem.peer_contract(theirs, data)
    ours = [MESH, "verify", str(whole)]
    cold = timed(ours, BENCH, lambda: empty(BENCH / "cache"), times=5, succeeded=lineitem.ours_passed)
    tested = timed([peer, "test", str(theirs)], BENCH, succeeded=lineitem.peer_passed)
    return Row("verify 1,000 rows, cold", cold, tested, 0.3)


def text(_: str) -> list[Row]:
    """`mesh verify` of lineitem as CSV and as JSON lines against one DuckDB query by hand over the file."""
    python = str(BENCH / "ours" / "bin" / "python")
    data = lineitem_at(1)
    rows: list[Row] = []
    for count, name, form in ((5_000_000, "rows.csv", "csv"), (1_000_000, "rows.jsonl", "jsonl")):
        target, declared = data.parent / name, data.parent / f"{form}.yaml"
        if not target.exists():
            script = lineitem.text_script(data, count, target)
            subprocess.run([python, "-c", script], check=True, capture_output=True)
        lineitem.write_contract(declared, target, form=form)
        ours = timed([MESH, "verify", str(declared), "--fresh"], BENCH, succeeded=lineitem.ours_passed)
        hand = timed([python, "-c", lineitem.text_by_hand(target)], BENCH)
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


def tables(_: str) -> list[Row]:
    """The mesh as tables: 10,000 products of 20 columns, from their registry, in a cold process."""
    folder = BENCH / "tables"
    script = [str(BENCH / "ours" / "bin" / "python"), str(Path(__file__).parent / "tables.py")]
    if not (folder / "mesh.yaml").exists():
        empty(folder)
        folder.mkdir()
        subprocess.run([*script, "prepare", str(folder), "10000"], env=environment(), check=True)
    make = [*script, "make", str(folder)]
    told = json.loads(subprocess.run(make, env=environment(), check=True, capture_output=True).stdout)
    asked = "select status, count(*) from mesh.columns join mesh.products using (domain, product) group by 1"
    return [
        Row("tables of 10,000 products, all (against 2 s)", timed(make, folder), 2.0, 1.0),
        Row("a query of two of them (against 2 s)", timed([MESH, "query", asked], folder), 2.0, 1.0),
        Row("all again, nothing changed (against 0.1 s)", told["again"], 0.1, 1.0),
        Row("their peak memory (against 600 MB)", told["memory"] / 1e6, 600.0, 1.0, "MB"),
    ]


def lineage(_: str) -> list[Row]:
    """Column lineage of 1,000 models against sqlglot's own; a search in a million edges."""
    python, here = str(BENCH / "ours" / "bin" / "python"), Path(__file__).parent
    answers = []
    for script in ("lineage.py", "graph.py"):
        done = subprocess.run([python, str(here / script)], env=environment(), capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr[-3000:])
        answers.append(json.loads(done.stdout))
    models, graph = answers
    return [
        Row("column lineage of 1,000 models", models["ours"], models["peer"], 0.25),
        Row("the same, the peer told not to trim", models["ours"], models["peer_untrimmed"], None),
        Row("impact in a million edges (against 50 ms)", graph["median"] * 1000, 50.0, 1.0, "ms"),
        Row("the longest of 200 such", graph["longest"] * 1000, 50.0, None, "ms"),
        Row("that graph built", graph["build"], None, None),
    ]


def peer_environment(name: str, *packages: str) -> Path:
    """The programs of packages in a virtual environment of its own."""
    folder = BENCH / name
    if not (folder / "bin" / "pip").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    programs = folder / "bin"
    names = [package.split("==")[0] for package in packages]
    found = subprocess.run([str(programs / "pip"), "show", *names], capture_output=True, text=True)
    if found.returncode or found.stdout.count("Name: ") != len(names):
        subprocess.run([str(programs / "pip"), "install", "--quiet", *packages], check=True)
    return programs


GROUPS: dict[str, Callable[[str], list[Row]]] = {
    "versions": versions,
    "chained": chained,
    "planning": planning,
    "appends": appends,
    "demo": demo,
    "verification": verification,
    "text": text,
    "tables": tables,
    "lineage": lineage,
}


def main() -> None:
    """Run the groups named on the command line, or all of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("groups", nargs="*", help="which to run")
    wanted = parser.parse_args().groups or list(GROUPS)
    BENCH.mkdir(exist_ok=True)
    dbt = peer_dbt()
    install_ours()
    rows = [row for name in wanted for row in GROUPS[name](dbt)]
    print(f"{'work':48} {'ours':>10} {'peer':>10} {'ratio':>7} {'limit':>6}")
    for row in rows:
        peer = f"{row.peer:.2f} {row.unit}" if row.peer else ""
        ratio = f"{row.ratio:.3f}" if row.ratio else ""
        limit = f"{row.limit:.2f}" if row.limit else ""
        ours = f"{row.ours:.2f} {row.unit}"
        print(f"{row.work:48} {ours:>10} {peer:>10} {ratio:>7} {limit:>6} {row.verdict}")
    results = BENCH / "results.json"
    known = {row["work"]: row for row in json.loads(results.read_text())} if results.exists() else {}
    known |= {row.work: {**asdict(row), "at": time.strftime("%Y-%m-%dT%H:%M:%S")} for row in rows}
    results.write_text(json.dumps(list(known.values()), indent=1))


if __name__ == "__main__":
    main()
