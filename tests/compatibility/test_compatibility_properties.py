"""What holds of all contracts: no change from itself, additions break nobody, reversals are judged."""

from __future__ import annotations

import copy

from contract_builder import contract, prop
from hypothesis import given, settings
from hypothesis import strategies as st

from meshwright.experience.compatibility import KINDS, compare_contracts, judge_version
from meshwright.experience.compatibility.thresholds import stricter_or_equal
from meshwright.model.contract import QualityRule, Threshold
from meshwright.model.operators import satisfied

numbers = st.integers(-5, 15)
thresholds = st.one_of(
    st.builds(
        Threshold,
        st.sampled_from(
            (
                "mustBe",
                "mustNotBe",
                "mustBeGreaterThan",
                "mustBeGreaterOrEqualTo",
                "mustBeLessThan",
                "mustBeLessOrEqualTo",
            )
        ),
        numbers,
        st.sampled_from(("rows", "percent")),
    ),
    st.builds(
        Threshold,
        st.sampled_from(("mustBeBetween", "mustNotBeBetween")),
        st.tuples(numbers, numbers).map(lambda pair: tuple(sorted(pair))),
        st.sampled_from(("rows", "percent")),
    ),
)
rules = st.builds(
    QualityRule,
    type=st.just("library"),
    path=st.just("schema[0].quality[0]"),
    metric=st.sampled_from(("nullValues", "duplicateValues")),
    threshold=thresholds,
    severity=st.sampled_from(("error", "warning")),
)
columns = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from("abcdefgh"),
            "logical_type": st.sampled_from(("integer", "string", "date", "number", None)),
        },
        optional={
            "required": st.booleans(),
            "unique": st.booleans(),
            "enum": st.lists(st.integers(0, 4), min_size=1, unique=True).map(tuple),
            "options": st.fixed_dictionaries({}, optional={"minimum": numbers, "maximum": numbers}),
            "primary_key_position": st.just(1),
            "classification": st.sampled_from(("public", "restricted")),
            "description": st.text(max_size=3),
            "quality": st.lists(rules, max_size=2).map(tuple),
        },
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda column: column["name"],
)


@given(columns)
def test_a_contract_does_not_differ_from_itself(drawn):
    one = contract(*drawn)
    # The same contract from another file: the documents differ only in a key that is not judged.
    again = contract(*copy.deepcopy(drawn), apiVersion="v3.1.0")
    assert compare_contracts(one, one) == ()
    assert compare_contracts(one, again) == ()


@given(columns, st.sampled_from(("integer", "string", "date")))
def test_adding_an_optional_column_breaks_nobody(drawn, logical):
    old = contract(*drawn)
    new = contract(*drawn, prop("z", logical))
    [change] = compare_contracts(old, new)
    assert (change.kind, change.column, change.breaking) == ("column_added", "z", False)
    assert judge_version(old, new, [change]) is None


@given(columns, columns)
def test_removing_a_column_always_breaks(drawn, others):
    old, new = contract(*drawn), contract(*others)
    names = {change.column for change in compare_contracts(old, new) if change.kind == "column_removed"}
    assert names == {p["name"] for p in drawn} - {p["name"] for p in others}
    if names:
        assert judge_version(old, new, compare_contracts(old, new)) is not None


@given(columns, columns)
def test_every_change_has_a_known_kind_and_a_reason(drawn, others):
    for change in compare_contracts(contract(*drawn), contract(*others)):
        assert change.kind in KINDS and change.reason
        assert change.evolution in ("none", "in place", "rebuild")


@settings(max_examples=400)
@given(thresholds, thresholds, st.integers(0, 30), st.integers(1, 40))
def test_a_threshold_called_stricter_accepts_nothing_that_the_other_refuses(new, old, value, rows):
    if stricter_or_equal(new, old, counts=True) and satisfied(new, value, rows):
        assert satisfied(old, value, rows)


@given(thresholds)
def test_a_threshold_is_as_strict_as_itself(one):
    assert stricter_or_equal(one, one, counts=True)
