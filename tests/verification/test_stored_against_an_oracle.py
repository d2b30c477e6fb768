"""Generated tables, stored in many ways: what is proved, scanned or remembered is what is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.verification.contracts import contract
from tests.verification.oracle import count_violations
from tests.verification.stored import WRITERS, Remembered, Shape, store, verify_stored
from tests.verification.test_against_an_oracle import CASES, Case, case

from meshwright.adapters.duckdb.checks import proofs
from meshwright.adapters.duckdb.located import BELIEVING_BOUNDS

SHAPES = st.builds(
    Shape,
    cuts=st.lists(st.integers(1, 7), max_size=3, unique=True).map(tuple),
    group=st.sampled_from([1, 2, 3, 1000]),
    writers=st.lists(st.sampled_from(WRITERS), min_size=1, max_size=3).map(tuple),
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with pytest.MonkeyPatch.context() as patch, duckdb.connect(config={"threads": 1}) as opened:
        patch.setattr(proofs, "MANY", 0)  # dictionaries are read, however few the rows are
        opened.execute(f"SET disabled_optimizers = '{BELIEVING_BOUNDS}'")  # as inspections do for such files
        yield opened


@given(made=case(), shape=SHAPES)
@settings(
    max_examples=CASES // 2,
    deadline=None,
    derandomize=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
def test_counts_of_stored_tables_are_those_of_a_naive_judge(
    connection: duckdb.DuckDBPyConnection, made: Case, shape: Shape
) -> None:
    objects, rows, tables = made
    declared = contract(*objects)
    expected = count_violations(objects[0], rows["main"], rows)
    remembered = Remembered()
    with TemporaryDirectory() as folder:
        files = store(tables["main"], Path(folder), shape)
        others = store(tables["other"], Path(folder), shape, "other")
        for attempt in ("without memory", "first", "second"):
            memory = None if attempt == "without memory" else remembered
            results = verify_stored(connection, declared, "main", files, {"other": others}, memory)
            for name, result in results.items():
                assert result.status not in ("error", "skip"), (name, result.observed)
                assert result.measure.value == expected.get(name, 0), (attempt, name, result)
            assert not expected.keys() - results.keys()
