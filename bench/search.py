"""A search index of many products, and how fast it answers.

python search.py build FOLDER PRODUCTS    ten objects each, of ten columns each; prints seconds and bytes
python search.py ask FOLDER               in a process that has done nothing before; prints seconds and bytes
python search.py change FOLDER            one product changes; prints seconds and entries that were written

Words are as frequent as words are (Zipf), those of business before made ones; questions have one to eight
words, some are misspelt, some unfinished, some with facets.
"""

from __future__ import annotations

import itertools
import json
import random
import resource
import statistics
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from meshwright.model.address import ProductKey
from meshwright.model.publication import Fact
from meshwright.provisioning.registry import AppliedDomain
from meshwright.provisioning.tables import AppliedProduct, RecordedPublication

OBJECTS, COLUMNS, DOMAINS = 10, 10, 50
AT = "2026-01-02T03:04:05.000006Z"
_REAL = """
rent lease tenant building space area price amount date status code name city country customer order invoice
payment account contract deal stage broker market index rate share month quarter year start end created
updated number type grade score risk open late net gross tax currency unit count total mean forecast
budget actual cost revenue margin product item stock supplier shipment delivery return address street postal
region owner team project task hour employee role salary device sensor reading temperature pressure event
session visit page campaign channel lead segment policy claim premium loan balance interest deposit branch
"""


def _vocabulary() -> list[str]:
    made = random.Random(0)
    letters = "abcdefghijklmnoprstuvwyz"
    return _REAL.split() + ["".join(made.choices(letters, k=made.randint(4, 9))) for _ in range(20_000)]


class Texts:
    """Words by chance, the first ones often."""

    words = _vocabulary()
    often = tuple(itertools.accumulate(1 / (at + 5) for at in range(len(words))))

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def some(self, count: int) -> list[str]:
        return self._chance.choices(self.words, cum_weights=self.often, k=count)

    def text(self, count: int) -> str:
        return " ".join(self.some(count)).capitalize() + "."

    def name(self, count: int) -> str:
        return "_".join(self.some(count))


@dataclass
class Generated:
    """A registry's state, made as it is read."""

    count: int
    version: int = 1
    changed: dict[ProductKey, str] = field(default_factory=dict)

    def token(self) -> tuple[str, str]:
        return "bench", str(self.version)

    def versions(self) -> Mapping[ProductKey, str]:
        return {product.key: product.version for product in map(self._bare, range(self.count))}

    def products(
        self, keys: Collection[ProductKey] | None = None, lineage: bool = False
    ) -> Iterator[Sequence[AppliedProduct]]:
        numbers = range(self.count) if keys is None else [int(key.product[1:]) for key in keys]
        for batch in _batches(numbers, 200):
            yield [self._product(number) for number in batch]

    def domains(self) -> Mapping[str, AppliedDomain]:
        texts = Texts(1)
        return {
            f"d{at}": AppliedDomain(
                f"d{at}", "1", {"domain": f"d{at}", "description": texts.text(20)}, "bench"
            )
            for at in range(DOMAINS)
        }

    def facts(self, after: int) -> Iterator[Sequence[Fact]]:
        return iter(())

    def publications(self) -> Sequence[RecordedPublication]:
        return ()

    def _bare(self, number: int, documents: Mapping[str, Any] | None = None) -> AppliedProduct:
        key = ProductKey(f"d{number % DOMAINS}", f"p{number}")
        return AppliedProduct(key, "", self.changed.get(key, "1"), documents or {}, "active", AT)

    def _product(self, number: int) -> AppliedProduct:
        texts, name = Texts(number), f"p{number}"
        product = {
            "id": name,
            "name": texts.text(3),
            "status": "active" if number % 10 else "deprecated",
            "type": ("source-aligned", "aggregate", "consumer-aligned")[number % 3],
            "description": {"purpose": texts.text(25), "usage": texts.text(15)},
            "tags": texts.some(1),
            "inputPorts": [{"name": "up", "version": "1.0.0", "contractId": f"c{number // 2}"}]
            if number
            else [],
            "outputPorts": [
                {"name": "out", "version": "1.0.0", "contractId": f"c{number}", "description": texts.text(8)}
            ],
            "team": {"name": "team", "members": [{"username": f"u{number % 300}", "role": "owner"}]},
        }
        contract = {
            "id": f"c{number}",
            "version": "1.0.0",
            "name": texts.text(3),
            "schema": [self._object(texts) for _ in range(OBJECTS)],
        }
        return self._bare(number, {"product.yaml": product, "contracts/out.yaml": contract})

    def _object(self, texts: Texts) -> dict[str, Any]:
        sensitive = ("internal", "personal", "confidential", "public")
        return {
            "name": texts.name(2),
            "description": texts.text(12),
            "properties": [
                {
                    "name": texts.name(2 + at % 2),
                    "logicalType": "string",
                    "description": texts.text(5 + at % 6),
                    "classification": sensitive[at % 4],
                }
                for at in range(COLUMNS)
            ],
        }


def _batches(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def build(folder: Path, products: int) -> dict[str, float]:
    """The index, from tables of so many products."""
    from meshwright.supervision.metamodel.tables import MeshTables
    from meshwright.supervision.search.documents import RELATIONS
    from meshwright.supervision.search.renewal import renew
    from meshwright.wiring import search_index

    tables = MeshTables.empty("bench", RELATIONS).refreshed(Generated(products))
    start, cpu = time.perf_counter(), time.process_time()
    renewal = renew(search_index(folder), tables)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    (folder / "products").write_text(str(products))
    return {"seconds": seconds, "cpu": cpu, "entries": renewal.entries, "size": size, "memory": _memory()}


def change(folder: Path) -> dict[str, float]:
    """One product is another, once the tables are there."""
    from meshwright.supervision.metamodel.tables import MeshTables
    from meshwright.supervision.search.documents import RELATIONS
    from meshwright.supervision.search.renewal import renew
    from meshwright.wiring import search_index

    products = int((folder / "products").read_text())
    stamp = str(time.time_ns())
    index = search_index(folder)
    tables = MeshTables.empty("bench", RELATIONS).refreshed(Generated(products))
    renew(index, tables)
    changed = Generated(products, 2, {ProductKey("d7", "p7"): stamp})
    after = tables.refreshed(changed)
    start, cpu = time.perf_counter(), time.process_time()
    renewal = renew(index, after)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"seconds": seconds, "cpu": cpu, "entries": renewal.entries, "units": renewal.units}


def ask(folder: Path) -> dict[str, float]:
    """A thousand questions, and how much memory they take."""
    from meshwright.supervision.search.search import MeshSearch
    from meshwright.wiring import search_index

    start = time.perf_counter()
    search = MeshSearch(search_index(folder), "bench")
    questions = list(_questions(1200))
    search.ask(questions[0])
    opened = time.perf_counter() - start
    for question in questions[1:200]:
        search.ask(question)
    seconds: dict[str, list[float]] = {}
    every: list[float] = []
    cpu: list[float] = []
    for question in questions[200:]:
        start, busy = time.perf_counter(), time.process_time()
        search.ask(question)
        every.append(time.perf_counter() - start)
        cpu.append(time.process_time() - busy)
        kind = "typing" if question.typing else "facets" if question.filters else "words"
        seconds.setdefault(kind, []).append(every[-1])
    kinds = {f"p95_{kind}": _p95(values) for kind, values in seconds.items()}
    told = {"opened": opened, "median": statistics.median(every), "p95": _p95(every), "longest": max(every)}
    told |= {"cpu_median": statistics.median(cpu), "cpu_p95": _p95(cpu), "cpu_longest": max(cpu)}
    return {**told, **kinds, "memory": _memory()}


def _questions(count: int) -> Iterator[Any]:
    from meshwright.supervision.search.question import Question

    chance, texts = random.Random(3), Texts(99)
    facets = [
        {"domain": ["d7"]},
        {"type": ["column"]},
        {"type": ["product"]},
        {"status": ["active"]},
        {"classification": ["personal"], "type": ["column"]},
    ]
    for number in range(count):
        words = texts.some(chance.choice((1, 1, 2, 2, 3, 4, 6, 8)))
        if number % 10 == 1:  # two letters change places
            long = max(words, key=len)
            words[words.index(long)] = long[:2] + long[3:4] + long[2:3] + long[4:]
        typing = number % 5 == 2
        if typing:
            words[-1] = words[-1][: max(2, len(words[-1]) - 2)]
        filters = facets[number % len(facets)] if number % 4 == 3 else {}
        yield Question(" ".join(words), filters, 10, typing=typing)


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


if __name__ == "__main__":
    done = {"build": lambda folder: build(folder, int(sys.argv[3])), "change": change, "ask": ask}
    print(json.dumps(done[sys.argv[1]](Path(sys.argv[2]))))
