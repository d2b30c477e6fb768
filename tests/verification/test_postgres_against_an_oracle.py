"""The same generated contracts and tables as for files, judged by PostgreSQL where they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.verification.contracts import contract
from tests.verification.postgres_tables import stored, verify_there
from tests.verification.test_against_an_oracle import CASES, Case, case, compare


@pytest.fixture(scope="module")
def server(postgres: Any) -> Iterator[tuple[Any, Any]]:
    import psycopg

    with psycopg.connect(postgres.url, autocommit=True) as connection:
        yield postgres, connection
        connection.execute("DROP SCHEMA IF EXISTS oracle CASCADE")


@given(made=case(), documents=st.booleans())
@settings(
    max_examples=CASES // 2,
    deadline=None,
    derandomize=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
def test_postgresql_counts_what_a_naive_judge_counts(server: Any, made: Case, documents: bool) -> None:
    objects, rows, tables = made
    statements, there = stored("oracle", rows, tables, documents)
    server[1].execute(
        ";\n".join(
            ["SET client_min_messages = warning", "SET synchronous_commit = off", *statements]
        ).encode()
    )
    compare(objects, there, verify_there(server[0], "oracle", contract(*objects), ["main", "other"]))
