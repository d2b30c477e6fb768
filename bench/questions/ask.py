"""How much of what people would find the search finds: recall and precision at 10, as JSON.

python ask.py [--semantic] [--show tuned|held]

Over the example meshes as they are declared, applied to registries of their own and not built. Recall is the
share of the labelled things among the first ten; precision the share of labelled ones among the first ten,
or among as many as there are labels where these are fewer.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from meshwright.experience.load import load_tree
from meshwright.provisioning.registry import AppliedDomain
from meshwright.supervision.metamodel.tables import MeshTables
from meshwright.supervision.search.documents import RELATIONS
from meshwright.supervision.search.meaning import learn
from meshwright.supervision.search.question import Question
from meshwright.supervision.search.renewal import renew
from meshwright.supervision.search.search import MeshSearch
from meshwright.wiring import open_readable, open_registry, search_index, search_meanings

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
FIRST = 10


def indexed(example: Path, folder: Path, semantic: bool) -> MeshSearch:
    """Search over an example, its declarations applied in a folder."""
    tree = load_tree(example)
    environment = tree.settings.environments[tree.settings.default_environment]
    registry = open_registry(environment, folder)
    bundles = [
        (each, str(each.documents["product.yaml"].get("status") or "active").lower())
        for each in tree.bundles.values()
    ]
    domains = [AppliedDomain(each.name, each.name, each.document, "bench") for each in tree.domains.values()]
    registry.apply(environment.name, None, bundles, [], domains, [])
    index = search_index(folder / "search")
    with open_readable(environment, folder).reading(environment.name) as reading:
        tables = MeshTables.empty(tree.settings.name, RELATIONS).refreshed(reading)
    renew(index, tables)
    meanings = search_meanings(folder / "search") if semantic else None
    if meanings is not None:
        learn(meanings, index.view())
    return MeshSearch(index, tree.settings.name, meanings)


def place(address: str) -> str:
    """An address as the labels have it: without the mesh and the majors."""
    rest = address.removeprefix("mesh://").partition("/")[2]
    port, sign, inside = rest.partition("#")
    return port.partition("@")[0] + sign + inside


def asked(searches: Mapping[str, MeshSearch], questions: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Each question with what was found."""
    for each in questions:
        answer = searches[each["mesh"]].ask(Question(each["question"], limit=FIRST))
        found = [place(thing.address) for thing in answer.found]
        wanted = set(each["relevant"])
        hits = [address for address in dict.fromkeys(found) if address in wanted]
        yield {
            **each,
            "found": found,
            "recall": len(hits) / len(wanted),
            "precision": len(hits) / FIRST,
            "success": bool(hits),
        }


def main() -> None:
    """Ask, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--semantic", action="store_true")
    parser.add_argument("--show", choices=("tuned", "held"))
    options = parser.parse_args()
    questions = yaml.safe_load((HERE / "questions.yaml").read_text())
    with tempfile.TemporaryDirectory() as folder:
        searches = {
            name: indexed(EXAMPLES / name, Path(folder) / name, options.semantic)
            for name in sorted({each["mesh"] for each in questions})
        }
        results = list(asked(searches, questions))
    if options.show:
        for each in results:
            if each["set"] == options.show:
                show(each)
    told: dict[str, Any] = {}
    for name in ("tuned", "held"):
        for style in ("sentence", "words", None):
            some = [each for each in results if each["set"] == name and style in (None, each["style"])]
            told[f"{name} {style}" if style else name] = {
                "questions": len(some),
                "recall": round(statistics.mean(each["recall"] for each in some), 4),
                "precision": round(statistics.mean(each["precision"] for each in some), 4),
                "success": round(statistics.mean(each["success"] for each in some), 4),
            }
    json.dump(told, sys.stdout, indent=1)


def show(each: Mapping[str, Any]) -> None:
    """One question for people."""
    print(f"{each['recall']:.2f} {each['question']}")
    for address in each["found"]:
        print("    ", "+" if address in each["relevant"] else " ", address)
    for address in each["relevant"]:
        if address not in each["found"]:
            print("     -", address)


if __name__ == "__main__":
    main()
