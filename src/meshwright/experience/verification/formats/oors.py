"""The report as a document of the Open Observability Results Standard."""

from __future__ import annotations

from datetime import datetime, timedelta

from meshwright.experience.contracts.judge import value_of
from meshwright.experience.verification.formats.json import dumped
from meshwright.experience.verification.report import Report
from meshwright.standards.oors import Observed, observability_results


def render(report: Report) -> str:
    """The document as JSON, which is YAML too."""
    started = datetime.fromisoformat(report.started_at)
    observed = [Observed(result, value_of(result)) for result in report.results]
    return dumped(
        observability_results(
            report.contract, report.server, observed, started, started + timedelta(seconds=report.seconds)
        )
    )
