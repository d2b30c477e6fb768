"""Generated tables, stored as CSV and JSON: what is read plainly or exactly is what was written."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.verification.contracts import contract
from tests.verification.stored_as_text import Misfit, count_in_text, misfits_of, verify_text, write
from tests.verification.test_against_an_oracle import CASES, Case, case


@pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
@given(made=case(), seed=st.integers(0, 2**32), misfits=st.booleans())
@settings(
    max_examples=CASES // 5,
    deadline=None,
    derandomize=True,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
def test_counts_of_text_are_those_of_a_naive_judge(form: str, made: Case, seed: int, misfits: bool) -> None:
    objects, rows, _ = made
    chance = Random(seed)
    declared = contract(*objects)
    main = [_as_read(form, objects[0], row, chance if misfits else None) for row in rows["main"]]
    expected = count_in_text(objects[0], main, rows)
    with TemporaryDirectory() as folder:
        located = {
            name: write(form, Path(folder, f"{name}.{form}"), obj, stored, chance)
            for (name, stored), obj in zip(
                {"main": main, "other": rows["other"]}.items(), objects, strict=True
            )
        }
        results = verify_text(declared, located, Path(folder))
    for name, result in results.items():
        assert result.status not in ("error", "skip"), (name, result.observed)
        assert result.measure.value == expected.get(name, 0), (name, result, main)
    assert not (+expected).keys() - results.keys()


def _as_read(form: str, obj: dict[str, Any], row: dict[str, Any], chance: Random | None) -> dict[str, Any]:
    """A row as the format can hold it, some values replaced by misfits: CSV has no empty text but null."""
    found = {name: None if form == "csv" and value == "" else value for name, value in row.items()}
    for prop in obj["properties"] if chance is not None else ():
        wrong = misfits_of(form, prop)
        if wrong and chance is not None and chance.random() < 0.15:
            found[prop["name"]] = Misfit(chance.choice(wrong))
    return found
