"""Compatibility: what changed between two contracts, whom it hits, and whether the version says so."""

from __future__ import annotations

from meshwright.experience.compatibility.columns import judge_type, type_evolution
from meshwright.experience.compatibility.compare import compare_contracts
from meshwright.experience.compatibility.consumers import (
    ColumnsUsed,
    ConsumerHit,
    consumers_hit,
    consumers_lost,
)
from meshwright.experience.compatibility.kinds import KINDS, ContractChange, Evolution, Kind
from meshwright.experience.compatibility.versions import judge_version

__all__ = [
    "KINDS",
    "ColumnsUsed",
    "ConsumerHit",
    "ContractChange",
    "Evolution",
    "Kind",
    "compare_contracts",
    "consumers_hit",
    "consumers_lost",
    "judge_type",
    "judge_version",
    "type_evolution",
]
