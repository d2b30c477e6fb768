"""What is known of the models of a product."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meshwright.errors import DocumentError, Problem
from meshwright.model.address import ProductKey
from meshwright.model.contract import ContractObject
from meshwright.model.product import OutputPort


@dataclass(frozen=True, slots=True, order=True)
class Read:
    """One thing that a model reads: an object of an input port, or (`port` None) another model.

    `name` is the object's name in data, or the model's name (`NAME` or `NAME@MAJOR`). `changes`
    asks for the rows added since the publication last consumed.
    """

    port: str | None
    name: str
    changes: bool = False

    def __str__(self) -> str:
        name = self.name if self.port is None else f"{self.port}.{self.name}"
        return f"changes({name})" if self.changes else name


@dataclass(frozen=True, slots=True)
class ModelAnalysis:
    """One model: `name` is NAME or NAME@MAJOR.

    `reads` maps what the model says to what it means: reference keys of SQL (`crm.deals`,
    `changes(crm.deals)`), or parameters of a Python function (`crm__deals`). `columns` are the
    columns it makes, None where they cannot be told.
    """

    name: str
    file: str
    language: str
    reads: Mapping[str, Read]
    columns: tuple[str, ...] | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """The models it reads."""
        return tuple(dict.fromkeys(read.name for read in self.reads.values() if read.port is None))

    @property
    def incremental(self) -> bool:
        """Whether it reads the changes of an input."""
        return any(read.changes for read in self.reads.values())


@dataclass(frozen=True, slots=True)
class ProductAnalysis:
    """The models of one product, each after those it reads.

    `used` maps (input port, object) to the columns that models use of it, None where that cannot
    be told; an object that is not in it is read by no model. `builds` maps (output port, its
    version, object) to the model that builds it. Objects go by their names in data.
    """

    product: ProductKey
    models: Mapping[str, ModelAnalysis]
    used: Mapping[tuple[str, str], frozenset[str] | None]
    builds: Mapping[tuple[str, str, str], str]
    problems: tuple[Problem, ...] = ()

    @property
    def order(self) -> tuple[str, ...]:
        """The models in build order."""
        return tuple(self.models)

    def used_objects(self) -> Mapping[str, frozenset[str]]:
        """The objects that models read, by input port."""
        found: dict[str, set[str]] = {}
        for port, name in self.used:
            found.setdefault(port, set()).add(name)
        return {port: frozenset(names) for port, names in found.items()}

    def builder_of(self, port: OutputPort, obj: ContractObject) -> ModelAnalysis | None:
        """The model that builds an object, or None."""
        name = self.builds.get((port.name, port.version, obj.table))
        return self.models.get(name) if name is not None else None

    def needed_for(self, model: str) -> tuple[str, ...]:
        """`model` and every model it is built from, in build order."""
        needed = {model}
        for name in reversed(self.order):
            if name in needed:
                needed.update(self.models[name].models)
        return tuple(name for name in self.order if name in needed)

    def raise_problems(self) -> None:
        """Do nothing when there are no errors.

        Raises:
            DocumentError: holds every error of every model.
        """
        errors = [problem for problem in self.problems if problem.severity == "error"]
        if errors:
            raise DocumentError(errors)


def analysis_to_json(analysis: ProductAnalysis) -> str:
    """An analysis as JSON text; `analysis_from_json` reads it back equal."""
    return json.dumps(
        {
            "product": [analysis.product.domain, analysis.product.product],
            "models": [
                [
                    model.name,
                    model.file,
                    model.language,
                    {key: [read.port, read.name, read.changes] for key, read in model.reads.items()},
                    model.columns,
                ]
                for model in analysis.models.values()
            ],
            "used": [
                [*key, None if columns is None else sorted(columns)] for key, columns in analysis.used.items()
            ],
            "builds": [[*key, name] for key, name in analysis.builds.items()],
            "problems": [problem.as_json() for problem in analysis.problems],
        },
        separators=(",", ":"),
    )


def analysis_from_json(text: str) -> ProductAnalysis:
    """The analysis that `analysis_to_json` wrote."""
    data: dict[str, Any] = json.loads(text)
    return ProductAnalysis(
        product=ProductKey(*data["product"]),
        models={
            name: ModelAnalysis(
                name,
                file,
                language,
                {key: Read(*read) for key, read in reads.items()},
                None if columns is None else tuple(columns),
            )
            for name, file, language, reads, columns in data["models"]
        },
        used={
            (port, name): None if columns is None else frozenset(columns)
            for port, name, columns in data["used"]
        },
        builds={(port, version, obj): name for port, version, obj, name in data["builds"]},
        problems=tuple(Problem(**problem) for problem in data["problems"]),
    )
