"""Running a product's models in an engine session, over nothing but its declared inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from meshwright.errors import BuildError
from meshwright.experience.contracts.places import classified_columns
from meshwright.experience.models import ModelAnalysis, ProductAnalysis, Read, model_name
from meshwright.experience.relations import model_relation
from meshwright.experience.runs.inputs import Inputs
from meshwright.model.contract import ContractObject
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import Model, OutputPort, Product
from meshwright.provisioning.ports import Infrastructure, Limits, ProcessCost, Session
from meshwright.sql.parse import parse_model
from meshwright.sql.rewrite import rewrite
from meshwright.sql.statement import Statement


def touches_classified(product: Product, mesh: Mesh) -> bool:
    """Whether a product reads or serves columns with a classification other than `public`."""
    contracts = [port.contract for port in product.outputs]
    for port in product.inputs:
        target = mesh.resolve(port)
        contracts.append(target.port.contract if isinstance(target, PortRef) else target)
    return any(classified_columns(obj) for contract in contracts if contract for obj in contract.objects)


@dataclass
class Transformation:
    """The models of one product in one session; each relation is made once.

    What is read more than once is also computed once, so that all that read it agree: two outputs
    that share a model with `uuid()` in it get the same ids. A plain selection is read through.
    With `withhold`, the errors of Python models quote nothing that may be data.
    """

    infrastructure: Infrastructure
    session: Session
    product: Product
    analysis: ProductAnalysis
    inputs: Inputs
    folder: Path
    withhold: bool
    limits: Limits = field(default_factory=Limits)
    charge: Callable[[ProcessCost], None] | None = None
    _made: dict[tuple[str, bool], str] = field(default_factory=dict)

    def model_of(self, port: OutputPort, obj: ContractObject) -> ModelAnalysis:
        """The model that builds an object.

        Raises:
            BuildError: there is none.
        """
        model = self.analysis.builder_of(port, obj)
        if model is None:
            raise BuildError(
                f"no model builds `{obj.name}` of port {port.name}@{port.major}",
                where=self.product.file,
                way_out=f"write models/{obj.table}.sql",
            )
        return model

    def changes_known(self, model: ModelAnalysis, append: bool) -> bool:
        """Whether every `changes(...)` that the model is built from can be answered with added rows.

        For a table that is appended to, rows that replace others are no added rows.
        """
        known = self.inputs.added.keys() - (self.inputs.updated if append else set())
        return all(
            f"{read.port}.{read.name}" in known
            for name in self.analysis.needed_for(model.name)
            for read in self.analysis.models[name].reads.values()
            if read.changes
        )

    def relation(self, model: ModelAnalysis, whole: bool) -> str:
        """The relation of what a model returns; `whole` reads the whole input for `changes(...)`.

        Raises:
            BuildError: the model fails.
        """
        for name in self.analysis.needed_for(model.name):
            made = self._named(name, whole)
            if made not in self._made:
                self._made[made] = self._make(self.analysis.models[name], made[1])
        return self._made[self._named(model.name, whole)]

    def _named(self, name: str, whole: bool) -> tuple[str, bool]:
        """A model that reads no changes, nor stands on one that does, is the same in both ways."""
        follows = any(self.analysis.models[n].incremental for n in self.analysis.needed_for(name))
        return name, whole or not follows

    @cached_property
    def _statements(self) -> Mapping[str, Statement]:
        """The SQL models that outputs are built from, by name."""
        built = self.analysis.builds.values()
        needed = dict.fromkeys(n for name in built for n in self.analysis.needed_for(name))
        sources = [(name, self._source(name)) for name in needed]
        return {name: self._parsed(source) for name, source in sources if source.language == "sql"}

    @cached_property
    def _kept(self) -> frozenset[str]:
        """The SQL models whose rows are kept, as they would be computed more than once."""
        kept = set()
        times = Counter(self.analysis.builds.values())
        for name in reversed(self.analysis.order):  # whatever reads a model comes before it here
            model, statement = self.analysis.models[name], self._statements.get(name)
            if statement and times[name] > 1 and not statement.plain:
                kept.add(name)
            again = 1 if name in kept or statement is None else times[name]
            references = [reference.key for reference in statement.references] if statement else model.reads
            for read in (model.reads[key] for key in references if times[name]):
                if read.port is None:
                    times[read.name] += again
        return frozenset(kept)

    def _make(self, model: ModelAnalysis, whole: bool) -> str:
        source = self._source(model.name)
        relation = model_relation(source.name, source.major) + ("" if whole else ":added")
        relations = {key: self._relation_of(read, whole) for key, read in model.reads.items()}
        if source.language == "sql":
            statement = self._statements.get(model.name) or self._parsed(source)
            sql = rewrite(statement, relations, self.infrastructure.engine.capabilities.dialect)
            self.session.offer_query(relation, sql, source.file, keep=model.name in self._kept)
        else:
            inputs = {name: partial(self.session.arrow, read) for name, read in relations.items()}
            folder = self.folder / relation.replace(":", ".")
            folder.mkdir(parents=True, exist_ok=True)
            with self.infrastructure.python.run(
                source.text, source.file, inputs, folder, self.limits, self.charge, self.withhold
            ) as reader:
                self.session.offer_arrow(relation, reader, source.file)
        return relation

    def _relation_of(self, read: Read, whole: bool) -> str:
        if read.port is None:
            return self._made[self._named(read.name, whole)]
        name = f"{read.port}.{read.name}"
        return self.inputs.full[name] if whole or not read.changes else self.inputs.added[name]

    def _parsed(self, source: Model) -> Statement:
        return parse_model(source.text, self.product.dialect, source.file)

    def _source(self, name: str) -> Model:
        return next(model for model in self.product.models if model_name(model) == name)
