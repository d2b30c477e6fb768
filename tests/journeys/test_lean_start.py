"""What is loaded, and when."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mesh_folder import orders_mesh

PROBE = (
    "import sys\n"
    "from meshwright.cli.main import main\n"
    "try: main(sys.argv[1:])\n"
    "except SystemExit: pass\n"
    "sys.stderr.write(' '.join(sorted(sys.modules)))\n"
)


def loaded(*words: str) -> set[str]:
    """The top-level modules that a command has loaded."""
    done = subprocess.run([sys.executable, "-c", PROBE, *words], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_the_version_is_told_without_loading_anything() -> None:
    modules = loaded("--version")
    assert not {"typer", "rich", "sqlalchemy", "duckdb", "pyarrow", "sqlglot"} & modules


def test_where_nothing_changed_no_engine_and_no_table_format_is_loaded(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    mesh.run("apply", "--yes")
    modules = loaded("--directory", str(tmp_path), "apply", "--yes")
    assert (
        not {
            "pyiceberg",
            "alembic",
            "duckdb",
            "pyarrow",
            "numpy",
            "sqlglot",
            "ryaml",
            "yaml",
            "jsonschema_rs",
        }
        & modules
    )


def test_the_server_is_loaded_by_nothing_but_mesh_serve(tmp_path: Path) -> None:
    mesh = orders_mesh(tmp_path)
    server = {
        "fastapi",
        "starlette",
        "uvicorn",
        "jinja2",
        "meshwright.server",
        "meshwright.supervision.catalogue",
    }
    for words in (["plan"], ["apply", "--yes"], ["status"], ["query", "from mesh.products"]):
        assert not server & loaded("--directory", str(mesh.root), *words)
    assert not server & loaded("--version")
