"""The pages of the kinds of checks, from their files in `kinds` and from what their checks say."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import cleandoc
from types import ModuleType
from typing import Any, get_args

from meshwright.experience.contracts import kinds
from meshwright.experience.contracts.compile import compile_contract
from meshwright.model.check import CheckKind, CheckSpec, Proof
from meshwright.standards.odcs import read_contract
from meshwright.standards.yaml import read_value

_PROVED: Mapping[Proof | None, str] = {
    "schema": "Always, from the types of the columns; no row is read.",
    "rows": "From the row counts in the statistics of the files.",
    "nulls": "From the null counts in the statistics of Parquet files, for columns at the top level.",
    "bounds": (
        "File by file, from the statistics of Parquet files: where they bound every value (of numbers, "
        "dates, times and timestamps at the top level) and both bounds keep the rule, and where a column is "
        "null throughout."
    ),
    "values": (
        "File by file, from the statistics of Parquet files: where they tell every value that there can be "
        "(whole numbers in a narrow range, a column that holds one number, date or time; of many rows the "
        "dictionaries of a column of text) and all of them keep the rule, and where a column is null "
        "throughout."
    ),
    None: "Never: statistics do not tell.",
}
_SCANNED = "In one scan with all other checks of the object, which reads only the columns that they name."
_REMEMBERED = "The count of each file while it stays the same; a file that is added costs its own rows only."
_AT_ONCE = "There is nothing to scan."
_NOTHING = "There is nothing to remember."

_INDEX = """# Kinds of checks

A contract compiles to checks. Each says how its verdict was reached: *proved* from the schema or from
statistics of files, with no row read; *remembered*, as counts of files that have not changed; or *scanned*,
counted in the rows. [Verification](verification.md) says how they fit together, [mesh verify](verify.md) how
to run them on any data.

| kind | what it checks | can be proved |
| --- | --- | --- |
"""


@dataclass(frozen=True, slots=True)
class KindPage:
    """The page of one kind: `title` is one sentence, `text` Markdown, then how a verdict is reached."""

    kind: str
    title: str
    text: str
    proved: str
    scanned: str
    remembered: str

    @property
    def markdown(self) -> str:
        """The page as it stands in the docs."""
        title = self.title[0].lower() + self.title[1:].rstrip(".")
        how = {"Proved": self.proved, "Scanned": self.scanned, "Remembered": self.remembered}
        reached = "\n".join(f"- **{word}**: {text}" for word, text in how.items())
        text = re.sub(r"\n{3,}", "\n\n", self.text.strip())
        return (
            f"# `{self.kind}`: {title}\n\n{text}\n\n## How the verdict is reached\n\n{reached}\n\n"
            "[All kinds of checks](../checks.md)\n"
        )


def pages() -> Mapping[str, KindPage]:
    """Every kind's page, in the order of `CheckKind`."""
    return {kind: _page(kind) for kind in get_args(CheckKind)}


def rendered() -> Mapping[str, str]:
    """The pages by their path below docs/: the index and one per kind."""
    found = pages()
    rows = [
        f"| [`{kind}`](checks/{kind}.md) | {page.title.rstrip('.')} | {_briefly(page)} |"
        for kind, page in found.items()
    ]
    files = {f"checks/{kind}.md": page.markdown for kind, page in found.items()}
    return {"checks.md": _INDEX + "\n".join(rows) + "\n", **files}


def example(text: str) -> Mapping[str, Any]:
    """The contract of a page's example, as a document."""
    found = re.search(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    head = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": "example", "version": "1.0.0"}
    schema = read_value((found[1] if found else "").encode(), "example")
    return {**head, "status": "active", **(schema if isinstance(schema, dict) else {})}


def _page(kind: str) -> KindPage:
    module = importlib.import_module(f"{kinds.__name__}.{kind}")
    title, _, text = cleandoc(module.__doc__ or "").partition("\n")
    contract = read_contract(example(text), f"{kind}.odcs.yaml")
    spec = next(spec for spec in compile_contract(contract) if spec.kind == kind)
    return KindPage(kind, title, text, *_reached(module, spec))


def _reached(module: ModuleType, spec: CheckSpec) -> tuple[str, str, str]:
    """How a verdict is proved, scanned and remembered, in words."""
    schema = spec.proof == "schema"
    return (
        getattr(module, "PROVED", _PROVED[spec.proof]),
        getattr(module, "SCANNED", _AT_ONCE if schema else _SCANNED),
        getattr(module, "REMEMBERED", _NOTHING if schema else _REMEMBERED),
    )


def _briefly(page: KindPage) -> str:
    words = {_PROVED["schema"]: "always", _PROVED["values"]: "sometimes", _PROVED[None]: "no"}
    return words.get(page.proved, "often")
