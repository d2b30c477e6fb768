"""The rules of the mesh: one rule, one file, one page of the docs.

A rule is a function from a `Mesh` to problems. It gives file and document path; `locate` fills in
line and column at the end, for the few places that need them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from meshwright.errors import Problem
from meshwright.experience.rules import (
    mw101_port_without_contract,
    mw102_unknown_contract,
    mw103_input_resolves_to_nothing,
    mw104_input_resolves_to_several,
    mw105_relationship_target,
    mw106_relationship_length,
    mw107_duplicate_port,
    mw108_duplicate_product_id,
    mw109_contradicting_contracts,
    mw110_segment,
    mw111_product_cycle,
    mw112_port_version,
    mw113_version_syntax,
    mw114_old_contract_standard,
    mw115_no_output_port,
    mw116_duplicate_object,
    mw117_duplicate_column,
    mw118_empty_contract,
    mw119_materialization,
    mw120_merge_without_key,
    mw121_cursor,
    mw122_incremental_without_key,
    mw123_lookback,
    mw124_partition_transform,
    mw125_secret_reference,
    mw126_folder_mismatch,
    mw127_unknown_custom_property,
    mw128_not_verified,
    mw129_quarantine,
    mw130_secrets_of_nobody,
    mw201_object_without_model,
    mw202_unused_model,
    mw301_status,
    mw302_sunset,
    mw303_not_visible,
    mw304_retired_input,
    mw305_deprecated_input,
    mw307_successor,
)
from meshwright.experience.rules.mw306_transition import check_transition
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh

if TYPE_CHECKING:
    from meshwright.experience.models.analysis import ProductAnalysis

__all__ = ["RULES", "Finder", "Rule", "check_transition", "locate", "validate"]

Rule = Callable[[Mesh], Iterator[Problem]]
"""Finds what one rule forbids; linear in the mesh."""

Finder = Callable[[str, str], tuple[int, int] | None]
"""Line and column (from 1) of a document path in a file, or None when it is not found."""

RULES: tuple[Rule, ...] = (
    mw101_port_without_contract.check,
    mw102_unknown_contract.check,
    mw103_input_resolves_to_nothing.check,
    mw104_input_resolves_to_several.check,
    mw105_relationship_target.check,
    mw106_relationship_length.check,
    mw107_duplicate_port.check,
    mw108_duplicate_product_id.check,
    mw109_contradicting_contracts.check,
    mw110_segment.check,
    mw111_product_cycle.check,
    mw112_port_version.check,
    mw113_version_syntax.check,
    mw114_old_contract_standard.check,
    mw115_no_output_port.check,
    mw116_duplicate_object.check,
    mw117_duplicate_column.check,
    mw118_empty_contract.check,
    mw119_materialization.check,
    mw120_merge_without_key.check,
    mw121_cursor.check,
    mw122_incremental_without_key.check,
    mw123_lookback.check,
    mw124_partition_transform.check,
    mw125_secret_reference.check,
    mw126_folder_mismatch.check,
    mw127_unknown_custom_property.check,
    mw128_not_verified.check,
    mw129_quarantine.check,
    mw130_secrets_of_nobody.check,
    mw201_object_without_model.check,
    mw202_unused_model.check,
    mw301_status.check,
    mw302_sunset.check,
    mw303_not_visible.check,
    mw304_retired_input.check,
    mw305_deprecated_input.check,
    mw307_successor.check,
)
"""Every rule of a mesh as it stands."""


def validate(mesh: Mesh, analyses: Mapping[ProductKey, ProductAnalysis] | None = None) -> tuple[Problem, ...]:
    """Everything that the mesh's rules find in what this tree owns, by file and code.

    The problems of `analyses` (what reading the models of each product found) join the rest.
    """
    found = [problem for rule in RULES for problem in rule(mesh)]
    for analysis in (analyses or {}).values():
        found.extend(analysis.problems)
    return tuple(sorted(found, key=_order))


def locate(problems: Iterable[Problem], finder: Finder) -> tuple[Problem, ...]:
    """The problems with line and column filled in where `finder` knows them."""
    return tuple(_located(problem, finder) for problem in problems)


def _located(problem: Problem, finder: Finder) -> Problem:
    if problem.file is None or problem.line is not None:
        return problem
    place = finder(problem.file, problem.path)
    plain = re.sub(r":\d+:\d+\Z", "", problem.path)  # a place inside a text is told by line and column
    return replace(problem, line=place[0], column=place[1], path=plain) if place else problem


def _order(problem: Problem) -> tuple[str, int, str, str]:
    return (problem.file or "", problem.line or 0, problem.code, problem.path)
