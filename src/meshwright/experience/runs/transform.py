"""Running a product's models in an engine session, over nothing but its declared inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from meshwright.errors import BuildError
from meshwright.experience.contracts.places import classified_columns
from meshwright.experience.models import ModelAnalysis, ProductAnalysis, Read, model_name
from meshwright.experience.runs.inputs import Inputs
from meshwright.experience.runs.relations import model_relation
from meshwright.model.contract import ContractObject
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import Model, OutputPort, Product
from meshwright.provisioning.ports import Infrastructure, Limits, Session
from meshwright.sql.parse import parse_model
from meshwright.sql.rewrite import rewrite


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
            if (name, whole) not in self._made:
                self._made[(name, whole)] = self._make(self.analysis.models[name], whole)
        return self._made[(model.name, whole)]

    def _make(self, model: ModelAnalysis, whole: bool) -> str:
        source = self._source(model.name)
        relation = model_relation(source.name, source.major) + ("" if whole else ":added")
        relations = {key: self._relation_of(read, whole) for key, read in model.reads.items()}
        if source.language == "sql":
            statement = parse_model(source.text, self.product.dialect, source.file)
            sql = rewrite(statement, relations, self.infrastructure.engine.capabilities.dialect)
            self.session.offer_query(relation, sql, source.file)
        else:
            inputs = {name: partial(self.session.arrow, read) for name, read in relations.items()}
            folder = self.folder / relation.replace(":", ".")
            folder.mkdir(parents=True, exist_ok=True)
            with self.infrastructure.python.run(
                source.text, source.file, inputs, folder, self.limits, self.withhold
            ) as reader:
                self.session.offer_arrow(relation, reader, source.file)
        return relation

    def _relation_of(self, read: Read, whole: bool) -> str:
        if read.port is None:
            return self._made[(read.name, whole)]
        name = f"{read.port}.{read.name}"
        return self.inputs.full[name] if whole or not read.changes else self.inputs.added[name]

    def _source(self, name: str) -> Model:
        return next(model for model in self.product.models if model_name(model) == name)
