"""From the code of a product's models to a `ProductAnalysis`."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol

from meshwright.errors import Problem, SqlError
from meshwright.experience.models.analysis import (
    ModelAnalysis,
    ProductAnalysis,
    Read,
    analysis_from_json,
    analysis_to_json,
)
from meshwright.experience.models.declared import (
    Built,
    DeclaredInput,
    built_objects,
    declared_inputs,
    input_columns,
    model_name,
    source_of,
)
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh
from meshwright.model.product import Model, Product
from meshwright.sql.names import AddressedObject, Declared, InputObject, classify
from meshwright.sql.order import order

if TYPE_CHECKING:
    from meshwright.sql.columns import UnknownColumn
    from meshwright.sql.statement import Statement

FORMAT = 4
"""Grows when the same code would be analysed differently."""


class AnalysisCache(Protocol):
    """A content-addressed store: a key's value never changes."""

    def get_many(self, keys: list[str]) -> dict[str, str]:
        """The values that are there."""
        ...

    def put_many(self, values: dict[str, str]) -> None:
        """Keep values."""
        ...


def analyse_product(product: Product, mesh: Mesh, cache: AnalysisCache | None = None) -> ProductAnalysis:
    """What the models of one product read, build and get wrong; see `analyse_products`."""
    return analyse_products([product], mesh, cache)[product.key]


def analyse_products(
    products: Iterable[Product], mesh: Mesh, cache: AnalysisCache | None = None
) -> Mapping[ProductKey, ProductAnalysis]:
    """The analyses of many products, in one look at the cache; linear in their number.

    An analysis depends on the texts of the models, the dialect, and the names and columns that
    the product's ports declare; nothing is run or read from disk. Problems: MW203 a statement
    that is no valid model, MW204 a name that is not declared, MW205 models in a circle, MW206
    two files for one model, MW207 a Python file that is no model, MW208 a column that is not
    there, MW209 `changes(...)` below a table that is built in full, MW211 columns of a table that its
    model does not return, or others that it does.
    """
    found: dict[ProductKey, ProductAnalysis] = {}
    work: dict[str, Work] = {}
    for product in products:
        if not product.models:
            found[product.key] = ProductAnalysis(product.key, {}, {}, {})
            continue
        one = Work(product, declared_inputs(product, mesh), built_objects(product))
        work[one.digest() if cache is not None else str(product.key)] = one
    known = cache.get_many(list(work)) if cache is not None and work else {}
    fresh: dict[str, str] = {}
    for digest, one in work.items():
        if digest in known:
            found[one.product.key] = analysis_from_json(known[digest])
            continue
        analysis = one.analyse()
        found[one.product.key] = analysis
        if cache is not None:
            fresh[digest] = analysis_to_json(analysis)
    if cache is not None and fresh:
        cache.put_many(fresh)
    return found


@dataclass(slots=True)
class Work:
    """One product under analysis.

    Once it is analysed, `statements` are its SQL models that are valid, `reads` what each model reads,
    `ordered` its models in build order, `made` the columns of those whose columns are known.
    """

    product: Product
    inputs: tuple[DeclaredInput, ...]
    built: tuple[Built, ...]
    problems: list[Problem] = field(default_factory=list)
    statements: dict[str, Statement] = field(default_factory=dict)
    reads: dict[str, Mapping[str, Read]] = field(default_factory=dict)
    ordered: tuple[str, ...] = ()
    made: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def digest(self) -> str:
        """The key of the analysis in a content-addressed store."""
        parts = (
            FORMAT,
            str(self.product.key),
            self.product.dialect,
            [(m.name, m.major, m.language, m.file, m.text) for m in self.product.models],
            [(p.name, p.product, p.major, p.objects) for p in self.inputs],
            [
                (b.port, b.version, b.object, b.model, b.materialization, b.columns, b.sources)
                for b in self.built
            ],
        )
        text = json.dumps(parts, separators=(",", ":"))
        return "models:" + blake2b(text.encode(), digest_size=20).hexdigest()

    def analyse(self) -> ProductAnalysis:
        """Everything, afresh."""
        models = self._models()
        declared = self._declared(models)
        statements, reads = self.statements, self.reads
        for name, model in models.items():
            if model.language == "python":
                from meshwright.experience.models.python import resolve_parameters

                reads[name], wrong = resolve_parameters(model, name, declared)
                self.problems += wrong
            else:
                reads[name] = self._read_sql(name, model, declared, statements)
        ordered = self.ordered = self._order(models, reads)
        used, columns = self._columns(ordered, models, statements, reads)
        self.made = columns
        self._check_sources(models)
        self._check_changes(ordered, models, reads)
        self._check_columns(models, statements, columns)
        return ProductAnalysis(
            product=self.product.key,
            models={
                name: ModelAnalysis(
                    name, models[name].file, models[name].language, reads[name], columns.get(name)
                )
                for name in ordered
            },
            used=used,
            builds={(b.port, b.version, b.object): b.model for b in self.built if b.model},
            problems=tuple(self.problems),
        )

    def _models(self) -> dict[str, Model]:
        models: dict[str, Model] = {}
        for model in self.product.models:
            name = model_name(model)
            if name in models:
                self.problems.append(
                    Problem(
                        "MW206",
                        f"{model.file} and {models[name].file} are both the model `{name}`",
                        model.file,
                        hint="keep one of them, or rename one",
                    )
                )
            else:
                models[name] = model
        return models

    def _declared(self, models: Mapping[str, Model]) -> Declared:
        addresses: dict[str, list[AddressedObject]] = {}
        inputs: dict[str, Mapping[str, str] | None] = {}
        for port in self.inputs:
            if port.objects is None:
                inputs[port.name] = None
                continue
            names = {name: table for name, table, _ in port.objects}
            inputs[port.name] = {**{table: table for table in names.values()}, **names}
            if port.product is not None:
                addresses.setdefault(port.product, []).extend(
                    AddressedObject(name, port.major, port.name, table)
                    for name, table in (inputs[port.name] or {}).items()
                )
        return Declared(inputs, addresses, tuple(models))

    def _read_sql(
        self, name: str, model: Model, declared: Declared, statements: dict[str, Statement]
    ) -> Mapping[str, Read]:
        from meshwright.sql.parse import parse_model

        try:
            statement = parse_model(model.text, self.product.dialect, model.file)
        except SqlError as error:
            self._report("MW203", error, model)
            return {}
        reads: dict[str, Read] = {}
        for reference in statement.references:
            if reference.key in reads:
                continue
            try:
                meant = classify(reference, declared, model.file, name)
            except SqlError as error:
                self._report("MW204", error, model)
                continue
            if isinstance(meant, InputObject):
                reads[reference.key] = Read(meant.port, meant.object, reference.changes)
            else:
                reads[reference.key] = Read(None, meant.name)
        statements[name] = statement
        return reads

    def _report(self, code: str, error: SqlError, model: Model) -> None:
        message = f"{error.what}: {error.why}" if error.why and code == "MW203" else error.what
        self.problems.append(Problem(code, message, model.file, error.line, error.column, hint=error.way_out))

    def _order(self, models: Mapping[str, Model], reads: Mapping[str, Mapping[str, Read]]) -> tuple[str, ...]:
        try:
            return order({name: [r.name for r in reads[name].values() if r.port is None] for name in models})
        except SqlError as error:
            self.problems.append(
                Problem("MW205", error.what, next(iter(models.values())).file, hint=error.way_out)
            )
            return tuple(models)

    def _columns(
        self,
        ordered: Sequence[str],
        models: Mapping[str, Model],
        statements: Mapping[str, Statement],
        reads: Mapping[str, Mapping[str, Read]],
    ) -> tuple[dict[tuple[str, str], frozenset[str] | None], dict[str, tuple[str, ...]]]:
        """Columns used of each input, and columns made by each model where they are known."""
        used: dict[tuple[str, str], frozenset[str] | None] = {}
        made: dict[str, tuple[str, ...]] = {}
        for built in self.built:
            if built.model is not None and built.model not in statements and built.columns is not None:
                made[built.model] = built.columns
        if statements:
            self._sql_columns(ordered, models, statements, reads, used, made)
        for name in ordered:
            if name not in statements:
                used.update({(r.port, r.name): None for r in reads[name].values() if r.port is not None})
        return used, made

    def _sql_columns(
        self,
        ordered: Sequence[str],
        models: Mapping[str, Model],
        statements: Mapping[str, Statement],
        reads: Mapping[str, Mapping[str, Read]],
        used: dict[tuple[str, str], frozenset[str] | None],
        made: dict[str, tuple[str, ...]],
    ) -> None:
        from meshwright.sql.columns import unknown_columns
        from meshwright.sql.product import columns_used_by_product

        whole = {built.model for built in self.built if built.model}
        for name in ordered:
            if name not in statements:
                whole.update(read.name for read in reads[name].values() if read.port is None)
        resolved: dict[str, dict[str, Hashable]] = {
            name: {key: r.name if r.port is None else (r.port, r.name) for key, r in reads[name].items()}
            for name in statements
        }
        schemas: dict[Hashable, Sequence[str]] = dict(input_columns(self.inputs).items())
        schemas.update(made.items())
        analysed = columns_used_by_product(statements, ordered, resolved, schemas, whole)
        for name, columns in analysed.items():
            if columns.made is not None:
                made[name] = columns.made
            for key, read in reads[name].items():
                if read.port is not None:
                    place = (read.port, read.name)
                    used[place] = _union(used.get(place, frozenset()), columns.used[key])
            for lacking in unknown_columns(statements[name], columns.schemas):
                self.problems.append(_unknown_column(models[name], lacking, columns.schemas[lacking.key]))

    def _check_changes(
        self,
        ordered: Sequence[str],
        models: Mapping[str, Model],
        reads: Mapping[str, Mapping[str, Read]],
    ) -> None:
        """Changes make sense where what is built from them is added to what was there."""
        full: dict[str, str] = {
            built.model: built.object
            for built in self.built
            if built.model is not None and built.materialization == "full"
        }
        for name in reversed(ordered):
            if name in full:
                for read in reads[name].values():
                    if read.port is None:
                        full.setdefault(read.name, full[name])
        for name in ordered:
            incremental = next((read for read in reads[name].values() if read.changes), None)
            if incremental is not None and name in full:
                self.problems.append(
                    Problem(
                        "MW209",
                        f"`{incremental}` gives only new rows, but `{full[name]}` is built in full from them",
                        models[name].file,
                        hint="set materialization to append or merge, or read the whole input",
                    )
                )

    def _check_sources(self, models: Mapping[str, Model]) -> None:
        """What columns of Python models say they come from is something that the model reads."""
        for built in self.built:
            reads = self.reads.get(built.model or "", {})
            for column, entries in built.sources:
                for entry in entries:
                    if built.model is not None and source_of(entry, reads) is None:
                        read = ", ".join(f"`{r}`" for r in reads.values()) or "nothing"
                        message = f"`{column}` of `{built.object}` comes from `{entry}`, which is not read"
                        self.problems.append(
                            Problem(
                                "MW212",
                                message,
                                models[built.model].file,
                                hint=f"the model reads {read}; write input_port.object.column",
                                severity="warning",
                            )
                        )

    def _check_columns(
        self,
        models: Mapping[str, Model],
        statements: Mapping[str, Statement],
        made: Mapping[str, tuple[str, ...]],
    ) -> None:
        """What a statement returns, where nothing else is wrong with it, is what its contract declares."""
        wrong = {problem.file for problem in self.problems}
        for built in self.built:
            model = built.model
            if model is None or model not in statements or model not in made or built.columns is None:
                continue
            if models[model].file in wrong:
                continue
            returned = {name.lower() for name in made[model]}
            declared = {name.lower() for name in built.columns}
            missing = [name for name in built.columns if name.lower() not in returned]
            extra = [name for name in made[model] if name.lower() not in declared]
            if missing or extra:
                said = [f"does not return {_names(missing)} of `{built.object}`"] if missing else []
                said += [f"returns {_names(extra)}, which `{built.object}` does not declare"] if extra else []
                self.problems.append(
                    Problem(
                        "MW211",
                        f"the model {' and '.join(said)}",
                        models[model].file,
                        hint="select what the contract declares, or change the contract",
                    )
                )


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in columns)


def _union(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    return None if one is None or other is None else one | other


def _unknown_column(model: Model, lacking: UnknownColumn, known: Sequence[str]) -> Problem:
    close = get_close_matches(lacking.name, [column.lower() for column in known], n=1, cutoff=0.6)
    return Problem(
        "MW208",
        f"`{lacking.key}` has no column `{lacking.name}`",
        model.file,
        lacking.line,
        lacking.column,
        hint=f"did you mean `{close[0]}`?" if close else f"its columns are {', '.join(known)}",
    )
