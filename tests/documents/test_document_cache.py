"""The cache forgets, and never gets in the way."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from meshwright.experience.cache import Cache, cache_folder, cache_key


def test_what_is_kept_is_there_for_another_process(tmp_path: Path) -> None:
    entries = {cache_key("x", str(i)): f"value {i} é" for i in range(1200)}
    with Cache(tmp_path / "a" / "cache.db") as cache:
        cache.put_many(entries)
    with Cache(tmp_path / "a" / "cache.db") as cache:
        assert cache.get_many([*entries, "nothing"]) == entries


def test_keys_differ_by_kind_content_and_more() -> None:
    keys = {cache_key("a", "b"), cache_key("a", "c"), cache_key("b", "b"), cache_key("a", "b", "more")}
    assert len(keys) == 4
    assert cache_key("a", "é") == cache_key("a", "é".encode())


@pytest.mark.parametrize("damage", [b"", b"nonsense" * 1000, None])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, damage: bytes | None) -> None:
    path = tmp_path / "cache.db"
    with Cache(path) as cache:
        cache.put_many({str(i): "value" * 100 for i in range(100)})
    if damage is None:
        data = bytearray(path.read_bytes())
        data[5000:9000] = os.urandom(4000)
        damage = bytes(data)
    path.write_bytes(damage)
    with Cache(path) as cache:
        found = cache.get_many(map(str, range(100)))
        assert all(value == "value" * 100 for value in found.values())
        cache.put_many({"a": "b"})
        cache.put_many({"a": "b"})
    with Cache(path) as cache:
        assert cache.get_many(["a"]) == {"a": "b"}


def test_a_value_that_was_changed_on_disk_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with Cache(path) as cache:
        cache.put_many({"a": "right", "b": "right"})
    connection = sqlite3.connect(path)
    connection.execute("UPDATE entries SET value = 'wrong' WHERE key = 'a'")
    connection.commit()
    connection.close()
    with Cache(path) as cache:
        assert cache.get_many(["a", "b"]) == {"b": "right"}


def test_a_cache_that_cannot_be_written_is_empty(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for path in (tmp_path / "file" / "cache.db", tmp_path):
        with Cache(path) as cache:
            cache.put_many({"a": "b"})
            assert cache.get_many(["a"]) == {}


def test_a_cache_that_somebody_else_holds_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with Cache(path) as cache:
        cache.put_many({"a": "b"})
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with Cache(path) as cache:
        cache.put_many({"c": "d"})
    other.execute("ROLLBACK")
    other.close()
    with Cache(path) as cache:
        assert cache.get_many(["a", "c"]) == {"a": "b"}


def test_the_oldest_entries_go_when_the_cache_is_full(tmp_path: Path) -> None:
    with Cache(tmp_path / "cache.db", max_bytes=300_000) as cache:
        for i in range(40):
            cache.put_many({f"{i}-{j}": "x" * 1000 for j in range(20)})
        kept = cache.get_many(f"{i}-{j}" for i in range(40) for j in range(20))
    assert "39-19" in kept
    assert "0-0" not in kept
    assert 50 <= len(kept) <= 300


def test_without_a_place_a_cache_is_always_empty() -> None:
    with Cache(None) as cache:
        cache.put_many({"a": "b"})
        assert cache.get_many(["a"]) == {}


def test_the_cache_is_where_the_platform_keeps_caches() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/meshwright")
    assert cache_folder({}).name == "meshwright"
