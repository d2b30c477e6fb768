"""Runs that ended are told as OpenLineage events where the environment wants them."""

from __future__ import annotations

from dataclasses import replace

from meshwright.errors import MeshwrightError
from meshwright.experience.runs.context import RunContext
from meshwright.experience.runs.run import RunOutcome

_RECENT = 50
"""Facts of a product among which those of its last run are."""


def tell(context: RunContext, outcome: RunOutcome) -> RunOutcome:
    """Send the events of a run; that this fails is a warning of the outcome, nothing else.

    A run that did not begin (locked, blocked, done by another) has none.
    """
    sink = context.infrastructure.events if context.environment.settings.get("openlineage") else None
    if sink is None or not outcome.run or outcome.status not in ("published", "failed"):
        return outcome
    from meshwright.model.lineage import lineage_from_json
    from meshwright.standards.openlineage import RunRecord, run_events

    name, key = context.environment.name, outcome.product
    try:
        facts = context.registry.facts(name, str(key), ("run.started", "run.finished"), _RECENT)
        times = {fact.kind: fact.at for fact in facts if fact.payload.get("run") == outcome.run}
        now = context.now()
        record = RunRecord(
            environment=name,
            run=outcome.run,
            started_at=times.get("run.started", now),
            ended_at=times.get("run.finished", now),
            published=outcome.status == "published",
            results=outcome.results,
            rows=outcome.objects,
            error=outcome.error.what if outcome.error else None,
        )
        stored = context.registry.lineages(name, [key]).get(key)
        lineage = lineage_from_json(stored) if stored else ()
        sink.send(run_events(context.mesh, context.mesh.products[key], record, lineage))
    except MeshwrightError as error:
        return replace(outcome, warnings=(*outcome.warnings, f"{error.what}: {error.why}"))
    return outcome
