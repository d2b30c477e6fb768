"""What is known of datasets and jobs outside the mesh, and what an event changes of it.

A dataset is `{"at", "producer", "facets"}`. A job is `{"at", "producer", "facets", "type", "run", "open",
"last"}`: what its run under way, and the last one that was completed, read and wrote, each as
`{"inputs": [[namespace, name]], "outputs": [[namespace, name, columnLineage or null]]}`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from meshwright.model.external import External, ExternalKey, ToldEvent
from meshwright.provisioning.registry import Event, Registry

COLUMNS = "columnLineage"

_ENDS = frozenset({"COMPLETE", "FAIL", "ABORT"})

TOLD = "lineage.told"
"""The kind of the fact that an event is recorded as."""


def receive(registry: Registry, environment: str, event: ToldEvent) -> bool:
    """Take an event in: what it tells is known, and a fact says so. False when all of it was known.

    Raises:
        Unavailable: the registry does not answer.
    """
    fact = Event(TOLD, environment, fact_payload(event))
    return registry.tell(environment, keys_of(event), lambda known: folded(known, event), [fact])


def keys_of(event: ToldEvent) -> Sequence[ExternalKey]:
    """Everything that an event tells of."""
    found = [ExternalKey("dataset", each.namespace, each.name) for each in (*event.inputs, *event.outputs)]
    if event.job is not None:
        found.append(ExternalKey("job", *event.job))
    return list(dict.fromkeys(found))


def folded(known: External, event: ToldEvent) -> dict[ExternalKey, Mapping[str, Any]]:
    """What an event tells of, as it is known with it; `known` has those of `keys_of` that were known before.

    An event that is older than what is known adds to it, and replaces nothing.
    """
    found: dict[ExternalKey, Mapping[str, Any]] = {}
    for dataset in (*event.inputs, *event.outputs):
        key = ExternalKey("dataset", dataset.namespace, dataset.name)
        leave = COLUMNS if event.job is not None else None
        facets = {name: each for name, each in dataset.facets.items() if name != leave}
        found[key] = _dataset(found.get(key) or known.get(key) or {}, event, facets)
    if event.job is not None:
        key = ExternalKey("job", *event.job)
        found[key] = _job(known.get(key) or {}, event)
    return found


def fact_payload(event: ToldEvent) -> dict[str, Any]:
    """What is recorded of an event: who told what of which job, and a digest of all of it."""
    sides = [
        [[each.namespace, each.name, each.facets] for each in side] for side in (event.inputs, event.outputs)
    ]
    content = [event.at, event.type, event.run, event.job, event.job_facets, *sides]
    whole = json.dumps(content, sort_keys=True)
    found: dict[str, Any] = {"event": event.kind, "at": event.at, "producer": event.producer}
    if event.job is not None:
        found["job"] = {"namespace": event.job[0], "name": event.job[1]}
        found |= {"type": event.type, "run": event.run, "inputs": len(event.inputs)}
    else:
        found["dataset"] = {"namespace": event.outputs[0].namespace, "name": event.outputs[0].name}
    return found | {"outputs": len(event.outputs), "digest": hashlib.sha256(whole.encode()).hexdigest()}


def _dataset(known: Mapping[str, Any], event: ToldEvent, facets: Mapping[str, Any]) -> Mapping[str, Any]:
    newer = event.at >= known.get("at", "")
    return {
        "at": max(event.at, known.get("at", "")),
        "producer": event.producer if newer else known["producer"],
        "facets": _facets(known.get("facets", {}), facets, newer),
    }


def _facets(known: Mapping[str, Any], told: Mapping[str, Any], newer: bool) -> dict[str, Any]:
    found = {**known, **told} if newer else {**told, **known}
    return {name: each for name, each in found.items() if each.get("_deleted") is not True}


def _job(known: Mapping[str, Any], event: ToldEvent) -> Mapping[str, Any]:
    newer = event.at >= known.get("at", "")
    found = {
        "at": max(event.at, known.get("at", "")),
        "producer": event.producer if newer else known["producer"],
        "facets": _facets(known.get("facets", {}), event.job_facets or {}, newer),
        "type": event.type if newer and event.type is not None else known.get("type"),
        "run": known.get("run"),
        "open": known.get("open"),
        "last": known.get("last"),
    }
    same_run = event.run is not None and event.run == known.get("run")
    if event.run is None:  # the job is declared so, whatever its runs did
        return found | ({"last": _flow(event)} if newer else {})
    if not newer and not same_run:
        return found
    flow = _joined(known.get("open") if same_run else None, _flow(event))
    found |= {"run": event.run, "open": flow}
    ended = event.type if event.type in _ENDS else known.get("type") if same_run else None
    if ended == "COMPLETE":
        # a late event of a completed run adds to what it read and wrote
        before = known.get("last") if same_run and known.get("open") is None else None
        found |= {"open": None, "last": _joined(before, flow)}
    elif ended in _ENDS:
        found |= {"open": None, "last": found["last"] or flow}
    return found


def _flow(event: ToldEvent) -> dict[str, Any]:
    return {
        "inputs": [[each.namespace, each.name] for each in event.inputs],
        "outputs": [[each.namespace, each.name, each.facets.get(COLUMNS)] for each in event.outputs],
    }


def _joined(known: Mapping[str, Any] | None, told: Mapping[str, Any]) -> dict[str, Any]:
    """Both; of an output the column lineage that was told last."""
    if known is None:
        return dict(told)
    inputs = dict.fromkeys(map(tuple, (*known["inputs"], *told["inputs"])))
    outputs: dict[tuple[str, str], Any] = {}
    for namespace, name, columns in (*known["outputs"], *told["outputs"]):
        outputs[namespace, name] = columns or outputs.get((namespace, name))
    return {"inputs": [list(each) for each in inputs], "outputs": [[*key, c] for key, c in outputs.items()]}


def flows_of(job: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """What a job reads and writes: in its last completed run, and in the one under way."""
    return [flow for flow in (job.get("last"), job.get("open")) if flow is not None]
