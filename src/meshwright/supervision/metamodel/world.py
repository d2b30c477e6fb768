"""What derived relations are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from meshwright.model.external import External
from meshwright.provisioning.registry import AppliedPolicies
from meshwright.provisioning.tables import RecordedPublication
from meshwright.supervision.metamodel.history import History


@dataclass(frozen=True)
class World:
    """The whole mesh as far as its tables are made: the other relations, and what the registry recorded."""

    mesh: str
    table: Callable[[str], pa.Table] = field(repr=False)
    history: History = field(repr=False)
    publications: Sequence[RecordedPublication] = field(repr=False, default=())
    policies: Sequence[AppliedPolicies] = field(repr=False, default=())
    external: External = field(repr=False, default_factory=dict)

    def lists(self, relation: str, columns: Sequence[str]) -> Mapping[str, list[Any]]:
        """Columns of another relation as lists of Python values."""
        table = self.table(relation)
        return {name: table[name].to_pylist() for name in columns}
