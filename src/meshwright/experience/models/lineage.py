"""Column lineage of products: from objects of input ports to objects of output ports."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from meshwright.experience.models.analyse import AnalysisCache, Work
from meshwright.experience.models.declared import built_objects, declared_inputs, input_columns, source_of
from meshwright.model.address import ProductKey
from meshwright.model.lineage import ANY, ROWS, ObjectLineage, lineage_to_json
from meshwright.model.mesh import Mesh
from meshwright.model.product import Product

if TYPE_CHECKING:
    from meshwright.sql.through import Inputs

FORMAT = "lineage-1"
"""Grows when the same models would have other edges."""

NOTHING = lineage_to_json(())
"""The lineage of a product without models."""


def product_lineages(
    products: Iterable[Product], mesh: Mesh, cache: AnalysisCache | None = None
) -> Mapping[ProductKey, str]:
    """The column lineage of products, as `model.lineage.lineage_from_json` reads it.

    It depends on what an analysis depends on, and is remembered like one; `mesh plan` does not ask
    for it. Models that are no valid statements have none. Columns of Python models come from what
    `transformSourceObjects` of the contract's properties name; where a property declares nothing,
    edges of subtype `unknown` lead to it from every column that the model reads.
    """
    found: dict[ProductKey, str] = {}
    work: dict[str, Work] = {}
    for product in products:
        if not product.models:
            found[product.key] = NOTHING
            continue
        one = Work(product, declared_inputs(product, mesh), built_objects(product))
        work[f"{FORMAT}:{one.digest()}"] = one
    known = cache.get_many(list(work)) if cache is not None and work else {}
    fresh = {digest: lineage_to_json(_lineage(one)) for digest, one in work.items() if digest not in known}
    if cache is not None and fresh:
        cache.put_many(fresh)
    for digest, one in work.items():
        found[one.product.key] = known.get(digest) or fresh[digest]
    return found


def _lineage(work: Work) -> Sequence[ObjectLineage]:
    from meshwright.sql.through import lineage_of_product

    work.analyse()
    resolved: dict[str, dict[str, Hashable]] = {
        name: {key: r.name if r.port is None else (r.port, r.name) for key, r in reads.items()}
        for name, reads in work.reads.items()
    }
    schemas: dict[Hashable, Sequence[str]] = dict(input_columns(work.inputs).items())
    schemas.update(work.made.items())
    wanted: dict[str, list[str]] = {}
    for built in work.built:
        if built.model is not None and built.columns is not None:
            wanted.setdefault(built.model, []).extend(built.columns)
    declared = {name: _declared(work, name) for name in work.ordered if name not in work.statements}
    made = lineage_of_product(work.statements, work.ordered, resolved, schemas, wanted, declared)
    return [
        ObjectLineage(
            built.port,
            built.major,
            built.object,
            model,
            {
                column: sorted((*target, source, how) for target, source, how in origins)  # type: ignore[misc]
                for column in dict.fromkeys((ROWS, *(built.columns or made[model])))
                if (origins := made[model].get(column.lower()))
            },
        )
        for built in work.built
        if (model := built.model) is not None and model in made
    ]


def _declared(work: Work, name: str) -> Mapping[str, Inputs]:
    """What the columns of a model that is no SQL come from, as its contract says."""
    from meshwright.sql.derivation import FILTER, ROW, TRANSFORMATION, UNKNOWN

    reads = work.reads.get(name, {})
    targets: list[Hashable] = [r.name if r.port is None else (r.port, r.name) for r in reads.values()]
    everything = {(target, ANY, UNKNOWN) for target in targets}
    found: dict[str, Inputs] = {
        ANY: everything,
        ROWS: {(target, *how) for target in targets for how in ((ROWS, ROW), (ANY, FILTER))},
    }
    for built in work.built:
        if built.model != name:
            continue
        said = dict(built.sources)
        for column in built.columns or ():
            if column not in said:
                found[column] = everything
                continue
            origins: Inputs = set()
            for entry in said[column]:
                source = source_of(entry, reads)
                if source is None:
                    origins |= everything
                    continue
                read, of = source
                target: Hashable = read.name if read.port is None else (read.port, read.name)
                origins.add((target, of, UNKNOWN if of == ANY else TRANSFORMATION))
            found[column] = origins
    return found
