"""`mesh verify` again: nothing is read or started where nothing changed, and what changed is seen."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.verification.given import Verified, declare, prop, verify

from meshwright.experience.cache import Cache
from meshwright.experience.verification.remembered import RememberedMeasures
from meshwright.experience.verification.verify import verify_contract
from meshwright.model.product import Source
from meshwright.provisioning.identity import file_identity
from meshwright.standards.odcs import read_contract
from meshwright.standards.yaml import read_document
from meshwright.wiring import verification

PROBE = (
    "import sys\n"
    "from meshwright.cli.main import main\n"
    "try: main(sys.argv[1:])\n"
    "except SystemExit as end: code = end.code\n"
    "print(code, *sorted(sys.modules), file=sys.stderr)\n"
)
HEAVY = {"duckdb", "pyarrow", "numpy", "sqlalchemy", "sqlglot", "jsonschema_rs", "ryaml", "yaml", "rich"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def write(path: Path, sql: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION uncompressed)")


def shop(folder: Path, **more: Any) -> Path:
    """A contract, and a file in which all is well."""
    declare(
        folder,
        prop("id", "integer", required=True, unique=True),
        prop("kind", "string", enum=[{"value": "a"}, {"value": "b"}]),
        prop("note", "string", options={"pattern": "^x"}),
        server={"type": "local", "path": "deals.parquet", "format": "parquet"},
        **more,
    )
    file = folder / "deals.parquet"
    write(file, "SELECT i AS id, 'ab'[i % 2 + 1] AS kind, 'x' || i AS note FROM range(1000) t(i)")
    return file


def how(found: Verified) -> set[str]:
    return {check["how"] for check in found.checks.values()}


def test_where_nothing_changed_no_engine_and_no_parser_is_loaded(tmp_path: Path) -> None:
    shop(tmp_path)

    def once() -> tuple[str, set[str]]:
        words = [sys.executable, "-c", PROBE, "--directory", str(tmp_path), "verify"]
        done = subprocess.run(
            [*words, str(tmp_path / "contract.yaml")], capture_output=True, text=True, check=True
        )
        code, *modules = done.stderr.split()
        assert code == "0"
        return done.stdout.split(".")[0], {name.partition(".")[0] for name in modules}

    first, loaded = once()
    assert "duckdb" in loaded
    again, loaded = once()
    assert not HEAVY & loaded
    assert again == first
    assert how(verify(tmp_path)) == {"proved", "remembered"}


def test_a_changed_file_of_the_same_size_and_time_is_judged_anew(tmp_path: Path) -> None:
    """In place, and put in its place; also right after the last change."""
    file = shop(tmp_path)
    good, when = file.read_bytes(), file.stat()
    bad = good.replace(b"x7", b"y7")
    assert len(bad) == len(good) and bad != good
    for attempt in range(20):
        assert verify(tmp_path).code == 0, attempt
        if attempt % 2:
            file.write_bytes(bad)
            os.utime(file, ns=(when.st_atime_ns, when.st_mtime_ns))
        else:
            other = tmp_path / "other"
            other.write_bytes(bad)
            os.utime(other, ns=(when.st_atime_ns, when.st_mtime_ns))
            other.replace(file)
        assert (file.stat().st_size, file.stat().st_mtime_ns) == (when.st_size, when.st_mtime_ns)
        assert verify(tmp_path).code == 1, attempt
        file.write_bytes(good)
        os.utime(file, ns=(when.st_atime_ns, when.st_mtime_ns))


def test_two_changes_at_one_moment_are_two_files(tmp_path: Path) -> None:
    file = tmp_path / "a"
    seen = set()
    for number in range(50):
        file.write_text(str(number % 10))
        os.utime(file, ns=(0, 0))
        seen.add(file_identity(str(file)))
    assert len(seen) == 50
    assert file_identity(str(file)) == file_identity(str(file))


def test_a_file_that_was_changed_a_moment_ago_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may change once more without another time to show for it."""
    file = tmp_path / "a"
    file.write_text("a")
    now = file.stat().st_ctime_ns + 5_000_000
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        waited.append(seconds)
        now += round(seconds * 1e9)
        file.write_text("changed meanwhile")

    monkeypatch.setattr("time.time_ns", lambda: now)
    monkeypatch.setattr("time.sleep", sleep)
    identity = file_identity(str(file))
    assert waited == [pytest.approx(0.015)]
    assert identity.split("\0")[2] == "17"


def test_a_time_in_whole_seconds_is_trusted_when_it_is_past(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Storage that counts seconds may change a file again within one."""
    file = tmp_path / "a"
    file.write_text("a")
    found = file.stat()
    second = found.st_ctime_ns // 1_000_000_000 * 1_000_000_000
    times = {"st_ctime_ns": second, "st_mtime_ns": second, "st_ino": found.st_ino, "st_size": 1}
    monkeypatch.setattr(os, "stat", lambda path: type("Stat", (), times))
    monkeypatch.setattr("time.time_ns", lambda: second + 1_900_000_000)
    assert file_identity("a") != f"a\0{found.st_ino}\0{1}\0{second}\0{second}"
    monkeypatch.setattr("time.time_ns", lambda: second + 2_000_000_000)
    assert file_identity("a") == f"a\0{found.st_ino}\0{1}\0{second}\0{second}"


def test_a_file_that_is_added_or_gone_is_seen(tmp_path: Path) -> None:
    file = shop(tmp_path)
    (tmp_path / "data").mkdir()
    file.rename(tmp_path / "data" / "a.parquet")
    words = ("--data", "data/*.parquet")
    assert verify(tmp_path, *words).code == 0
    write(tmp_path / "data" / "b.parquet", "SELECT 5 AS id, 'a' AS kind, 'x' AS note")
    assert set(verify(tmp_path, *words).failed) == {"deals.id.unique"}
    (tmp_path / "data" / "b.parquet").unlink()
    assert verify(tmp_path, *words).code == 0
    (tmp_path / "data" / "a.parquet").unlink()
    assert verify(tmp_path, *words).code == 2


def test_another_contract_is_judged_anew(tmp_path: Path) -> None:
    shop(tmp_path)
    assert verify(tmp_path).code == 0
    declare(
        tmp_path,
        prop("kind", "string", enum=[{"value": "a"}]),
        server={"type": "local", "path": "deals.parquet", "format": "parquet"},
    )
    assert verify(tmp_path).failed == {"deals.kind.enum": "500 of 1,000 rows"}


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_text_files_are_remembered_while_they_do_not_change(tmp_path: Path, form: str) -> None:
    declare(tmp_path, prop("id", "integer", unique=True))
    lines = {"csv": "id\n1\n2\n", "jsonl": '{"id": 1}\n{"id": 2}\n'}[form]
    file = tmp_path / f"deals.{form}"
    file.write_text(lines)
    words = ("--data", file.name)
    assert "scanned" in how(verify(tmp_path, *words))
    assert how(verify(tmp_path, *words)) == {"proved", "remembered"}
    file.write_text(lines.replace("2", "1"))
    assert verify(tmp_path, *words).failed == {"deals.id.unique": "1 of 2 rows"}


def test_failing_rows_are_shown_again(tmp_path: Path) -> None:
    file = shop(tmp_path)
    write(file, "SELECT 1 AS id, 'c' AS kind, 'x' AS note")
    first, again = verify(tmp_path), verify(tmp_path)
    samples = first.checks["deals.kind.enum"]["samples"]
    assert samples and again.checks["deals.kind.enum"]["samples"] == samples
    assert b'"c"' not in b"".join(path.read_bytes() for path in (tmp_path / "cache").rglob("*.db*"))


def test_a_rule_that_asks_for_the_time_is_asked_each_time(tmp_path: Path) -> None:
    shop(
        tmp_path,
        quality=[{"type": "sql", "query": "SELECT count(*) FROM deals WHERE now() IS NULL", "mustBe": 0}],
    )
    for _ in range(3):
        found = verify(tmp_path)
        assert (found.code, found.checks["deals.quality[0]"]["how"]) == (0, "scanned")


def test_fresh_counts_again(tmp_path: Path) -> None:
    shop(tmp_path)
    verify(tmp_path)
    assert "scanned" in how(verify(tmp_path, "--fresh"))


def test_how_old_data_may_be_is_judged_by_the_clock(tmp_path: Path) -> None:
    """What is remembered is the newest moment; the same files become too old."""
    declare(
        tmp_path,
        prop("at", "timestamp"),
        server={"type": "local", "path": "deals.parquet", "format": "parquet"},
    )
    written = datetime(2026, 1, 1, tzinfo=UTC)
    write(tmp_path / "deals.parquet", "SELECT TIMESTAMP '2026-01-01' AS at")
    document = read_document((tmp_path / "contract.yaml").read_bytes(), "contract.yaml")
    document["slaProperties"] = [{"property": "latency", "value": 2, "unit": "d", "element": "deals.at"}]
    contract = read_contract(document, "contract.yaml")
    started = 0

    def judged(after: timedelta) -> tuple[str, str]:
        nonlocal started
        engine, readers = verification(tmp_path, tmp_path)

        def counted() -> Any:
            nonlocal started
            started += 1
            return engine()

        with Cache(tmp_path / "cache.db") as cache:
            report = verify_contract(
                Source(contract, contract.servers[0]),
                contract.objects,
                readers["local"],
                counted,
                tmp_path,
                known=RememberedMeasures(cache, "this one"),
                clock=lambda: written + after,
            )
        (level,) = [one for one in report.results if one.spec.kind == "service_level"]
        return level.measure.how, level.status

    found = [judged(timedelta(days=days)) for days in (1, 1, 3)]
    assert [reached for reached, _ in found] == ["scanned", "remembered", "remembered"]
    assert [status for _, status in found[:2]] == ["pass", "pass"]
    assert found[2][1] in ("warn", "fail")
    assert started == 1


def test_another_engine_counts_again(tmp_path: Path) -> None:
    declare(tmp_path, prop("id"), server={"type": "local", "path": "a.csv"})
    contract = read_contract(read_document((tmp_path / "contract.yaml").read_bytes(), "c"), "c")
    with Cache(tmp_path / "cache.db") as cache:
        assert RememberedMeasures(cache, "one").key(contract, {}) != RememberedMeasures(cache, "two").key(
            contract, {}
        )
