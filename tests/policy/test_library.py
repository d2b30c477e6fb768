"""Every policy of the package: its document, its examples, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshwright.model.policy import Policy
from meshwright.model.product import Environment
from meshwright.standards.schema import check_document
from meshwright.standards.yaml import read_document
from meshwright.supervision.policy.examples import try_examples
from meshwright.supervision.policy.library import library, library_policies
from meshwright.wiring import tables_engine

POLICIES = library_policies()


@pytest.mark.parametrize("name", library())
def test_its_document_is_one_that_the_schema_accepts_in_a_file_of_its_name(name: str) -> None:
    file, data = library()[name]
    document = read_document(data, file)
    assert not check_document("policy", document, file, data)
    assert document["policy"] == name
    assert "scope" not in document


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_its_examples_pass_and_fail_as_they_say(policy: Policy, tmp_path: Path) -> None:
    engine = tables_engine(Environment("dev", "", ""), tmp_path)
    tried = list(try_examples([policy], engine, 60))
    assert {each.example: each.problem for each in tried} == {each.name: None for each in policy.examples}
    breaking = [bool(example.addresses) for example in policy.examples]
    assert set(breaking) == {True, False}, "examples that keep it and examples that break it"


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_it_says_why_and_how_to_mend_it(policy: Policy) -> None:
    assert policy.title[0].isupper() and not policy.title.endswith(".")
    assert policy.why.endswith(".") and policy.fix.endswith(".")
