"""OpenLineage events, as other tools post them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

PRODUCER = "https://example.com/scheduler"
SPEC = "https://openlineage.io/spec/"
RUN = "0176a8c2-fe01-7439-87e6-56a1a1b4029f"


def facet(**content: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"{SPEC}facets/1-0-0/Some.json", **content}


def dataset(namespace: str, name: str, **facets: Any) -> dict[str, Any]:
    return {"namespace": namespace, "name": name, "facets": facets}


def columns(
    **made: Sequence[tuple[str, str, str]] | Sequence[tuple[str, str, str, dict[str, Any]]],
) -> dict[str, Any]:
    """Column lineage: by column (namespace, name, field), maybe a transformation; `rows` is the dataset's."""

    def field(one: Sequence[Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"namespace": one[0], "name": one[1], "field": one[2]}
        return found | ({"transformations": [one[3]]} if len(one) > 3 else {})

    whole = [field(one) for one in made.pop("rows", ())]
    fields = {column: {"inputFields": [field(one) for one in each]} for column, each in made.items()}
    return facet(fields=fields, dataset=whole)


def schema(*names: str) -> dict[str, Any]:
    return facet(fields=[{"name": name, "type": "VARCHAR"} for name in names])


def run_event(
    kind: str | None = "COMPLETE",
    inputs: Sequence[Mapping[str, Any]] = (),
    outputs: Sequence[Mapping[str, Any]] = (),
    job: str = "nightly",
    run: str | int = RUN,
    at: str = "2026-05-01T12:00:00+02:00",
    **more: Any,
) -> dict[str, Any]:
    run = run if isinstance(run, str) else str(uuid.UUID(int=run))
    return {
        "eventType": kind,
        "eventTime": at,
        "run": {"runId": run, "facets": {}},
        "job": {"namespace": "airflow", "name": job, "facets": {}},
        "inputs": list(inputs),
        "outputs": list(outputs),
        "producer": PRODUCER,
        "schemaURL": f"{SPEC}2-0-2/OpenLineage.json#/$defs/RunEvent",
        **more,
    }


def job_event(inputs: Sequence[Any] = (), outputs: Sequence[Any] = (), **more: Any) -> dict[str, Any]:
    found = run_event(None, inputs, outputs, **more)
    return {key: value for key, value in found.items() if key not in ("run", "eventType")}


def dataset_event(one: Mapping[str, Any], at: str = "2026-05-01T12:00:00Z") -> dict[str, Any]:
    return {
        "eventTime": at,
        "dataset": dict(one),
        "producer": PRODUCER,
        "schemaURL": f"{SPEC}2-0-2/OpenLineage.json#/$defs/DatasetEvent",
    }


def by_client(event: Mapping[str, Any]) -> Any:
    """An event as the standard's own client writes it to the wire."""
    from openlineage.client import event_v2
    from openlineage.client.serde import Serde

    def sets(kind: Any, which: str) -> list[Any]:
        return [kind(each["namespace"], each["name"]) for each in event.get(which) or ()]

    made = event_v2.RunEvent(
        eventType=event_v2.RunState[event["eventType"]],
        eventTime=event["eventTime"],
        run=event_v2.Run(event["run"]["runId"]),
        job=event_v2.Job(event["job"]["namespace"], event["job"]["name"]),
        inputs=sets(event_v2.InputDataset, "inputs"),
        outputs=sets(event_v2.OutputDataset, "outputs"),
        producer=PRODUCER,
    )
    return json.loads(Serde.to_json(made))
