"""Where files are found, and what happens when they are broken, too many or too large."""

from __future__ import annotations

import gzip
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from local_reading import CSV, describe, extract, parquet
from source_building import column, table

from meshwright.errors import DriftError, InputError, MissingPart, Unavailable

# --- where files are


def test_files_that_are_not_there_are_named(mesh: Path) -> None:
    (mesh / "drops/deal.csv").write_text(CSV)
    with pytest.raises(DriftError, match=r"the folder drops has no deals.csv \(did you mean deal.csv\?\)"):
        describe(mesh, "drops")
    with pytest.raises(DriftError, match=r"no file matches drops/2026-\*.csv"):
        describe(mesh, "drops/2026-*.csv")
    with pytest.raises(Unavailable, match="nowhere does not exist"):
        describe(mesh, "nowhere")


def test_a_relative_path_stays_in_the_mesh(mesh: Path) -> None:
    outside = mesh.parent / "outside.csv"
    outside.write_text(CSV)
    (mesh / "drops/deals.csv").symlink_to(outside)
    (mesh / "way").symlink_to(mesh.parent)
    for path in (
        "../outside.csv",
        "drops/../../outside.csv",
        "drops/deals.csv",
        "drops/*.csv",
        "drops",
        "way/*",
    ):
        with pytest.raises(InputError, match="leaves the mesh"):
            extract(mesh, path)
    assert extract(mesh, str(outside)).rows == 3


def test_variables_are_resolved_when_they_are_used(mesh: Path) -> None:
    (mesh / "drops/deals.csv").write_text(CSV)
    assert extract(mesh, "${DROPS:-drops}/deals.csv").rows == 3
    assert extract(mesh, "${DROPS}/deals.csv", environ={"DROPS": "drops"}).rows == 3
    with pytest.raises(MissingPart, match="the variable DROPS is not set"):
        extract(mesh, "${DROPS}/deals.csv")


def test_unknown_formats_encodings_and_delimiters_are_refused(mesh: Path) -> None:
    (mesh / "drops/deals.csv").write_text(CSV)
    for settings in ({"form": "xlsx"}, {"encoding": "klingon"}, {"delimiter": "--"}):
        with pytest.raises(InputError):
            extract(mesh, "drops/deals.csv", **settings)


# --- faults


@pytest.mark.parametrize(
    ("name", "form", "content"),
    [
        ("deals.parquet", "parquet", b"PAR1 no parquet at all PAR1"),
        ("deals.csv.gz", "csv", gzip.compress(CSV.encode() * 5000)[:-400]),
        ("deals.csv.gz", "csv", b"\x1f\x8b no gzip"),
        ("deals.csv.zst", "csv", b"no zstd"),
        ("deals.jsonl", "jsonl", b'{"id": 1}\n{"id": 2'),
        ("deals.json", "json", b'[{"id": 1}, {"id"'),
    ],
)
def test_a_broken_file_is_unavailable_and_leaves_nothing(
    mesh: Path, name: str, form: str, content: bytes
) -> None:
    (mesh / "drops" / name).write_bytes(content)
    with pytest.raises(Unavailable, match="cannot be read"):
        extract(mesh, f"drops/{name}", form)
    assert list((mesh.parent / "out").iterdir()) == []


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file of this process may grow beyond one mebibyte, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_full_disk_is_unavailable_with_the_path(mesh: Path, request: pytest.FixtureRequest) -> None:
    parquet(mesh / "drops/wide.parquet", "SELECT uuid()::VARCHAR note FROM range(200000)")
    wide = table("wide", column("note"))
    request.getfixturevalue("small_disk")
    with pytest.raises(Unavailable, match=str(mesh.parent / "out")) as caught:
        extract(mesh, "drops/wide.parquet", "parquet", wide)
    assert "File too large" in str(caught.value)
    assert list((mesh.parent / "out").iterdir()) == []


def test_five_million_rows_are_read_in_bounded_memory(mesh: Path) -> None:
    duckdb.execute(
        f"COPY (SELECT i AS id, i * 0.01 AS amount, DATE '2026-01-01' AS signed, 'deal number ' || i AS note "
        f"FROM range(5000000) t(i)) TO '{mesh}/drops/deals.csv' (HEADER)"
    )
    script = textwrap.dedent(
        f"""
        import resource, sys
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from source_building import source
        from local_reading import DEALS
        from meshwright.adapters.local.reader import LocalReader
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        given = source("local", DEALS, {{"path": "drops/deals.csv", "format": "csv"}})
        reader = LocalReader(Path({str(mesh)!r}), {{}}, lambda server: {{}})
        extraction = reader.extract(given, DEALS, Path({str(mesh.parent / "out")!r}))
        print(extraction.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        """
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    rows, kibibytes = map(int, done.stdout.split())
    assert rows == 5_000_000
    assert kibibytes < 700 * 1024
