"""What the bench measures of search: an index of a million columns, and questions of the example meshes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from measuring import BENCH, PYTHON, ROOT, Row, empty, environment

HERE = Path(__file__).parent
PRODUCTS = 10_000


def told(*command: str) -> Any:
    """The JSON that a script prints."""
    done = subprocess.run(command, env=environment(), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout)


def search(_: str) -> list[Row]:
    """10,000 products, 100,000 objects, a million columns: built, asked, and one product changed."""
    folder, script = BENCH / "search", str(HERE / "search.py")
    kept = folder / "built.json"
    if not kept.exists():
        empty(folder)
        built = told(PYTHON, script, "build", str(folder), str(PRODUCTS))
        kept.write_text(json.dumps(built))
    built = json.loads(kept.read_text())
    asked = told(PYTHON, script, "ask", str(folder))
    changed = told(PYTHON, script, "change", str(folder))
    return [
        Row("search a million columns, p95 (against 10 ms)", asked["p95"] * 1000, 10.0, 1.0, "ms"),
        Row("the same, of the processor", asked["cpu_p95"] * 1000, 10.0, 1.0, "ms"),
        Row("the same, median", asked["median"] * 1000, None, None, "ms"),
        Row("while somebody types, p95", asked["p95_typing"] * 1000, None, None, "ms"),
        Row("its process, memory (against 600 MB)", asked["memory"] / 1e6, 600.0, 1.0, "MB"),
        Row("that index opened, and a first answer", asked["opened"], None, None),
        Row("that index built", built["seconds"], None, None),
        Row("the same, of the processor", built["cpu"], None, None),
        Row("its size", built["size"] / 1e6, None, None, "MB"),
        Row("one of its products changed", changed["seconds"], None, None),
        Row("entries that were written for it", changed["entries"], None, None, ""),
    ]


def questions(_: str) -> list[Row]:
    """What people would find, and what the search finds: by words alone, and with the extra `semantic`."""
    script = str(HERE / "questions" / "ask.py")
    by_words = told(PYTHON, script)
    by_meaning = told(semantic(), script, "--semantic")
    rows = []
    for name in ("tuned", "held", "held sentence", "held words"):
        for figure in ("recall", "precision"):
            work = f"{figure} at 10, {name} (with meaning; by words)"
            rows.append(Row(work, by_meaning[name][figure] * 100, by_words[name][figure] * 100, None, "%"))
    return rows


def semantic() -> str:
    """Python with the extra `semantic`, in a virtual environment of its own."""
    folder = BENCH / "semantic"
    python = folder / "bin" / "python"
    if not (folder / "done").exists():
        empty(folder)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "pip"), "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "torch==2.13.0"], check=True)
        subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), f"{ROOT}[semantic]"], check=True)
        (folder / "done").touch()
    pip = [str(folder / "bin" / "pip"), "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--force-reinstall", str(ROOT)], check=True)
    return str(python)
