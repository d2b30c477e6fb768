"""Datasets and jobs outside the mesh, as they are told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

ExternalKind = Literal["dataset", "job"]


class ExternalKey(NamedTuple):
    """A dataset or a job by its namespace and name (OpenLineage's naming)."""

    kind: ExternalKind
    namespace: str
    name: str


External = Mapping[ExternalKey, Mapping[str, Any]]
"""What is known of each, as plain data (`supervision.lineage.received` says in which form)."""


@dataclass(frozen=True, slots=True)
class ToldDataset:
    """A dataset in an event, with all of its facets by name."""

    namespace: str
    name: str
    facets: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event as it is used; `at` is ISO 8601 in UTC. A dataset event has one output and no job."""

    kind: Literal["run", "job", "dataset"]
    at: str
    producer: str
    type: str | None = None
    run: str | None = None
    job: tuple[str, str] | None = None
    job_facets: Mapping[str, Any] | None = None
    inputs: Sequence[ToldDataset] = ()
    outputs: Sequence[ToldDataset] = ()
