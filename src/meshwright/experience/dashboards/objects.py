"""What queries of a dashboard may read: the objects of its product's own output ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from meshwright.errors import SqlError
from meshwright.experience.rules.suggest import Suggester
from meshwright.model.contract import ContractObject
from meshwright.model.dashboard import DASHBOARDS, Dashboard, read_dashboard
from meshwright.model.product import OutputPort, Product
from meshwright.model.types import column_type
from meshwright.sql.statement import Reference, Statement

if TYPE_CHECKING:
    import pyarrow as pa  # what is known from the cache does without


@dataclass(frozen=True, slots=True)
class Served:
    """One object of an output port, as queries find it: `name` is its name in data."""

    name: str
    port: OutputPort
    object: ContractObject

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns as the contract says."""
        return tuple(prop.column for prop in self.object.properties)

    def empty(self) -> pa.Table:
        """No rows, in the types of the contract."""
        import pyarrow as pa

        from meshwright.experience.dashboards.arrow import arrow_type

        fields = [(prop.column, arrow_type(column_type(prop))) for prop in self.object.properties]
        return pa.schema(fields).empty_table()


def dashboards_of(product: Product) -> tuple[Dashboard, ...]:
    """The dashboards that a product declares, by the order of their files."""
    return tuple(
        read_dashboard(document, product.key, f"{product.bundle.folder}/{path}")
        for path, document in sorted(product.bundle.documents.items())
        if path.startswith(DASHBOARDS)
    )


def objects_read(statement: Statement, product: Product) -> Mapping[str, Served]:
    """What each reference of a statement means, by the name that the engine looks for.

    An object is `object` (of the newest active major), `"object@1"`, or either as `domain.product.object`.

    Raises:
        SqlError: a reference is no object of the product's output ports.
    """
    found: dict[str, Served] = {}
    for reference in statement.references:
        parts = [part.lower() for part in reference.parts]
        own = [product.domain, product.key.product]
        if reference.changes or len(parts) not in (1, 3) or (len(parts) == 3 and parts[:2] != own):
            raise _not_own(reference, product)
        served = _serving(product, parts[-1])
        if served is None:
            raise _no_object(reference, product)
        found[".".join(parts)] = served
    return found


def _serving(product: Product, name: str) -> Served | None:
    plain, _, major = name.partition("@")
    fits = [
        (not port.deprecated, port.major, index)
        for index, (port, obj) in enumerate(product.objects())
        if obj.table.lower() == plain and (not major or str(port.major) == major)
    ]
    if not fits:
        return None
    port, obj = product.objects()[max(fits)[2]]
    return Served(obj.table, port, obj)


def _not_own(reference: Reference, product: Product) -> SqlError:
    return _at(
        reference,
        f"`{reference.key}` is no object of {product.key}",
        "a dashboard shows what its own product publishes: read it in a model, and serve the result",
    )


def _no_object(reference: Reference, product: Product) -> SqlError:
    names = Suggester(obj.table for _, obj in product.objects())
    said = ", ".join(names.names) or "nothing"
    way_out = names.hint(reference.parts[-1], f"it serves {said}")
    return _at(reference, f"{product.key} serves no object `{reference.parts[-1]}`", way_out)


def _at(reference: Reference, what: str, way_out: str | None) -> SqlError:
    return SqlError(what, line=reference.line, column=reference.column, way_out=way_out)


def columns_read(statement: Statement, read: Mapping[str, Served]) -> Mapping[str, Sequence[str]]:
    """The columns of each reference by its key, where the contract lists any."""
    return {
        reference.key: served.columns
        for reference in statement.references
        if (served := read[".".join(reference.parts).lower()]).columns
    }
