"""The reports that there are, as their files declare them."""

from __future__ import annotations

from functools import cache
from importlib import resources

from meshwright.errors import DocumentError
from meshwright.model.address import ProductKey
from meshwright.model.dashboard import Dashboard, read_dashboard
from meshwright.standards.schema import check_document
from meshwright.standards.yaml import read_document

NAMES = ("portfolio", "compliance", "quality", "lineage")
"""Every report; each is a dashboard over the tables of schema `mesh`."""

OF = ProductKey("mesh", "tables")
"""The platform's own product, which serves these tables."""


@cache
def report(name: str) -> Dashboard:
    """A report by its name."""
    file = f"{name}.yaml"
    data = (resources.files(__package__) / file).read_bytes()
    document = read_document(data, file)
    if problems := check_document("dashboard", document, file, data):
        raise DocumentError(problems)
    return read_dashboard(document, OF, f"reports/{file}")
