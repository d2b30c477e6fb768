"""Reports of verification as texts for other programs and people: one file per format.

Each has `render(report) -> str`. What is written quotes no classified value, and whatever names and
values hold, it parses.
"""

from __future__ import annotations

import importlib

from meshwright.experience.verification.report import Report

FORMATS = ("json", "junit", "oors", "github", "html")


def render(report: Report, form: str) -> str:
    """The report in one of `FORMATS`, ending in a line break; only that format's module is loaded."""
    if form not in FORMATS:
        raise ValueError(form)
    text: str = importlib.import_module(f"{__name__}.{form}").render(report)
    return text
