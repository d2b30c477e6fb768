"""What is written as YAML is read back equal."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from meshwright.standards.yaml import read_document
from meshwright.standards.yaml_text import yaml_text

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20
) | st.sampled_from(
    [
        "no",
        "NO",
        "~",
        "null",
        "1e3",
        "0o17",
        "017",
        "12:30",
        "2026-01-01",
        ".5",
        "+.inf",
        "-",
        "<<",
        "=",
        "1_000",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(bool), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(TEXTS.filter(bool), VALUES, max_size=5))
def test_any_document_comes_back(document: dict[str, object]) -> None:
    assert read_document(yaml_text(document).encode(), "x.yaml") == document


@pytest.mark.parametrize("file", sorted(EXAMPLES.rglob("contracts/*.yaml")), ids=lambda file: file.stem)
def test_contracts_come_back_from_both_versions(file: Path) -> None:
    document = read_document(file.read_bytes(), str(file))
    text = yaml_text(document)
    assert read_document(text.encode(), "x.yaml") == document
    assert yaml.safe_load(text) == document
