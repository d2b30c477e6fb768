"""Facts are append-only and chained."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from meshwright.adapters.registry import SqlRegistry
from meshwright.provisioning.registry import Event

from .world import DEALS, World, file


def tamper(registry: SqlRegistry, *statements: str) -> None:
    """Change facts as somebody would who may change the database itself."""
    with registry._database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            for name in ("update", "delete", "replace"):
                connection.execute(text(f"DROP TRIGGER mesh_facts_{name}"))
        else:
            connection.execute(text("DROP TRIGGER mesh_facts_change ON mesh_facts"))
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def history(registry: SqlRegistry) -> SqlRegistry:
    for number in range(5):
        registry.record("dev", [Event("x", f"s{number % 2}", {"number": number}), Event("y", "dev")])
    registry.record("prod", [Event("x", "s0")])
    return registry


def test_facts_come_newest_first_by_subject_and_kind(history: SqlRegistry) -> None:
    assert [fact.sequence for fact in history.facts("dev")] == list(range(10, 0, -1))
    assert [fact.payload["number"] for fact in history.facts("dev", "s0")] == [4, 2, 0]
    assert [fact.sequence for fact in history.facts("dev", kinds=["y", "z"], limit=2)] == [10, 8]
    assert [fact.sequence for fact in history.facts("prod")] == [1]


def test_a_hash_follows_from_the_one_before_and_the_canonical_json(registry: SqlRegistry) -> None:
    payload = {"b": "é\x00\udc80", "a": [1, 2.5, None, True]}
    registry.record("dev", [Event("x", "dev"), Event("x", "dev", payload)])
    second, first = registry.facts("dev")
    assert second.payload == payload
    assert second.previous == first.hash
    content = {
        "environment": "dev",
        "sequence": 2,
        "kind": "x",
        "subject": "dev",
        "at": second.at,
        "payload": {"a": [1, 2.5, None, True], "b": "é\x00"},
    }
    shown = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    shown = shown.replace('\\u0000"', '\\u0000\\udc80"')
    assert second.hash == hashlib.sha256((first.hash + shown).encode()).hexdigest()
    assert registry.verify_facts("dev") is None


def test_an_untouched_chain_verifies(history: SqlRegistry) -> None:
    assert history.verify_facts("dev") is None
    assert history.verify_facts("never") is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE mesh_facts SET kind = 'z'",
        "DELETE FROM mesh_facts",
        "DELETE FROM mesh_facts WHERE sequence = 10",
    ],
)
def test_the_database_refuses_to_change_facts(history: SqlRegistry, statement: str) -> None:
    with (
        pytest.raises(DBAPIError, match="append-only"),
        history._database.engine.begin() as connection,
    ):
        connection.execute(text(statement))
    assert len(history.facts("dev")) == 10


def test_the_database_refuses_to_replace_facts(history: SqlRegistry) -> None:
    if history._database.engine.dialect.name != "sqlite":
        statement = "TRUNCATE mesh_facts"
    else:
        statement = "INSERT OR REPLACE INTO mesh_facts SELECT * FROM mesh_facts WHERE sequence = 3"
    with (
        pytest.raises(DBAPIError, match="append-only"),
        history._database.engine.begin() as connection,
    ):
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statements", "broken", "kind"),
    [
        (["UPDATE mesh_facts SET payload = '{}' WHERE sequence = 3"], 3, "x"),
        (["UPDATE mesh_facts SET subject = 's9' WHERE sequence = 10"], 10, "y"),
        (["DELETE FROM mesh_facts WHERE sequence = 4"], 5, "x"),
        (["DELETE FROM mesh_facts WHERE sequence > 8"], 9, "missing"),
        (["DELETE FROM mesh_facts"], 1, "missing"),
    ],
)
def test_whatever_is_changed_the_first_broken_fact_is_found(
    history: SqlRegistry, statements: list[str], broken: int, kind: str
) -> None:
    tamper(history, *(f"{s} {'AND' if 'WHERE' in s else 'WHERE'} environment = 'dev'" for s in statements))
    found = history.verify_facts("dev")
    assert found is not None
    assert (found.sequence, found.kind) == (broken, kind)
    assert history.verify_facts("prod") is None


def test_facts_are_recorded_with_what_they_tell_of_or_not_at_all(
    world: World, opened: Callable[..., SqlRegistry]
) -> None:
    world.publish_files([file("a")])
    with pytest.raises(Exception, match="somebody else"):
        world.publish("late", [], base="nonsense")
    (fact,) = opened().facts("dev", str(DEALS))
    assert fact.kind == "publication.sealed"
