"""Every diagnostics code and its page.

A rule of the mesh brings its page along: the docstring of its file. Codes that other parts raise are
declared in `elsewhere`, one file per range.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import cleandoc
from types import ModuleType

from meshwright.errors import MeshwrightError
from meshwright.experience import rules
from meshwright.experience.rules import elsewhere

RANGES: Mapping[str, str] = {
    "MW0": "Documents",
    "MW1": "Rules of the mesh",
    "MW2": "Models",
    "MW3": "Lifecycle",
    "MW4": "Sources",
    "MW5": "Plans and compatibility",
    "MW6": "Policies",
    "MW7": "Dashboards",
}
"""What the first digit of a code says."""


@dataclass(frozen=True, slots=True)
class Page:
    """The page of one code: `title` is one sentence, `text` Markdown with the four parts of a page."""

    code: str
    title: str
    text: str

    @property
    def markdown(self) -> str:
        """The page as it stands in the docs."""
        text = re.sub(r"\n{3,}", "\n\n", self.text.strip())
        return f"# {self.code}: {self.title.rstrip('.')}\n\n{text}\n"


def page_from(code: str, docstring: str) -> Page:
    """A page from a docstring whose first line is the title."""
    title, _, text = cleandoc(docstring).partition("\n")
    return Page(code, title, text)


def pages() -> Mapping[str, Page]:
    """Every page by code, in order.

    Raises:
        MeshwrightError: two files claim one code.
    """
    found: dict[str, Page] = {}
    for module in (*_modules(rules), *_modules(elsewhere)):
        declared = dict(getattr(module, "PAGES", {}))
        if hasattr(module, "CODE"):
            declared[module.CODE] = module.__doc__ or ""
        for code, docstring in declared.items():
            if code in found:
                raise MeshwrightError(f"the code {code} is declared twice", where=module.__name__)
            found[code] = page_from(code, docstring)
    return dict(sorted(found.items()))


def _modules(package: ModuleType) -> list[ModuleType]:
    names = [info.name for info in pkgutil.iter_modules(package.__path__) if not info.ispkg]
    wanted = [name for name in names if package is not rules or re.match(r"mw\d{3}_", name)]
    return [importlib.import_module(f"{package.__name__}.{name}") for name in wanted]
