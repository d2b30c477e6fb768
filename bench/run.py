"""Meshwright and its peers, side by side in one run: `make bench`.

Prints a table and writes it to `.bench/results.json`. Times are medians of three runs of a whole
process, files in the page cache; the peers live in virtual environments of their own below
`.bench/`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import meshes
from measuring import (
    BENCH,
    MESH,
    PYTHON,
    ROOT,
    Row,
    empty,
    environment,
    install_ours,
    peak_memory,
    peer_dbt,
    timed,
)
from searching import questions, search
from verifying import text, verification


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


def appends(_: str) -> list[Row]:
    """The cost of an append after a thousand of them, against that after ten."""
    folder = BENCH / "appends"
    empty(folder)
    script = [PYTHON, str(Path(__file__).parent / "appends.py"), str(folder)]
    done = subprocess.run(script, env=environment(), capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    early, late = json.loads(done.stdout)
    return [Row("an append after 1,000 (against after 10)", late, early, 1.5)]


def demo(_: str) -> list[Row]:
    """`make demo` where everything is installed already."""
    script = [
        sys.executable,
        str(ROOT / "examples" / "premium-offices" / "demo.py"),
        str(BENCH / "demo"),
        "--no-serve",
    ]
    return [Row("the demo, installed (against 20 s)", timed(script, ROOT), 20.0, 1.0)]


def many_products() -> Path:
    """The folder of a mesh of 10,000 products of 20 columns, applied and not built."""
    folder = BENCH / "tables"
    script = [PYTHON, str(Path(__file__).parent / "tables.py")]
    if not (folder / "mesh.yaml").exists():
        empty(folder)
        folder.mkdir()
        subprocess.run([*script, "prepare", str(folder), "10000"], env=environment(), check=True)
    return folder


def tables(_: str) -> list[Row]:
    """The mesh as tables: 10,000 products of 20 columns, from their registry, in a cold process."""
    folder = many_products()
    script = [PYTHON, str(Path(__file__).parent / "tables.py")]
    make = [*script, "make", str(folder)]
    told = json.loads(subprocess.run(make, env=environment(), check=True, capture_output=True).stdout)
    asked = "select status, count(*) from mesh.columns join mesh.products using (domain, product) group by 1"
    return [
        Row("tables of 10,000 products, all (against 2 s)", timed(make, folder), 2.0, 1.0),
        Row("a query of two of them (against 2 s)", timed([MESH, "query", asked], folder), 2.0, 1.0),
        Row("all again, nothing changed (against 0.1 s)", told["again"], 0.1, 1.0),
        Row("their peak memory (against 600 MB)", told["memory"] / 1e6, 600.0, 1.0, "MB"),
    ]


def policies(_: str) -> list[Row]:
    """Every policy of the package over the tables of 10,000 products, in one process."""
    folder = BENCH / "tables"
    tables(_)
    script = [PYTHON, str(Path(__file__).parent / "policies.py"), str(folder)]
    told = json.loads(subprocess.run(script, env=environment(), check=True, capture_output=True).stdout)
    if told["failures"]:
        sys.exit("\n".join(told["failures"]))
    work = f"{told['policies']} policies over 10,000 products (against 1 s)"
    return [Row(work, told["seconds"], 1.0, 1.0), Row("their CPU seconds", told["cpu"], None, None)]


def lineage(_: str) -> list[Row]:
    """Column lineage of 1,000 models against sqlglot's own; a search in a million edges."""
    here = Path(__file__).parent
    answers = []
    for script in ("lineage.py", "graph.py"):
        done = subprocess.run([PYTHON, str(here / script)], env=environment(), capture_output=True, text=True)
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


def api(_: str) -> list[Row]:
    """Lists and documents of the API at 10,000 products, over HTTP."""
    folder = many_products()
    ask = [PYTHON, str(Path(__file__).parent / "api.py"), str(folder), "200"]
    told = json.loads(subprocess.run(ask, env=environment(), check=True, capture_output=True).stdout)
    return [
        Row(f"API: {name}, p95 (against 50 ms)", each["p95"] * 1000, 50.0, 1.0, "ms")
        for name, each in told["kinds"].items()
    ]


def server(_: str) -> list[Row]:
    """Pages of a mesh of 10,000 products, and what the server holds."""
    from server import percentile

    folder = many_products()
    script = [PYTHON, str(Path(__file__).parent / "server.py"), str(folder)]
    done = subprocess.run(script, env=environment(), capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    told = json.loads(done.stdout)
    worst = {kind: percentile(seconds) for kind, seconds in told["seconds"].items()}
    slowest = max(worst, key=worst.__getitem__)
    whole = percentile([each for seconds in told["seconds"].values() for each in seconds])
    return [
        Row("p95 of all pages at 10,000 products (against 50 ms)", whole * 1000, 50.0, 1.0, "ms"),
        Row(f"p95 of the slowest kind: {slowest} (against 50 ms)", worst[slowest] * 1000, 50.0, 1.0, "ms"),
        Row("the server's peak memory (against 600 MB)", told["memory"] / 1e6, 600.0, 1.0, "MB"),
        Row("until it answers, search too", told["started"], None, None),
    ]


GROUPS: dict[str, Callable[[str], list[Row]]] = {
    "versions": versions,
    "chained": chained,
    "planning": planning,
    "appends": appends,
    "demo": demo,
    "verification": verification,
    "text": text,
    "tables": tables,
    "policies": policies,
    "lineage": lineage,
    "api": api,
    "search": search,
    "questions": questions,
    "server": server,
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
