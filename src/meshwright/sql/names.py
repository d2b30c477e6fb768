"""What a reference means: an object of an input port, or another model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from meshwright.errors import SqlError
from meshwright.sql.statement import Reference


@dataclass(frozen=True, slots=True)
class AddressedObject:
    """An object that an input port reads from another product: `name` in its address."""

    name: str
    major: int
    port: str
    object: str


@dataclass(frozen=True, slots=True)
class Declared:
    """The names that the models of one product may use.

    `inputs` maps input ports to their objects by each name they go by; None for a port whose
    objects are not known, so that any name is accepted. `addresses` maps `domain.product` of the
    products behind them to their objects, and `models` are the product's own models by name
    (`NAME` or `NAME@MAJOR`).
    """

    inputs: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)
    addresses: Mapping[str, Collection[AddressedObject]] = field(default_factory=dict)
    models: Collection[str] = ()


@dataclass(frozen=True, slots=True, order=True)
class InputObject:
    """An object of an input port."""

    port: str
    object: str

    def __str__(self) -> str:
        return f"{self.port}.{self.object}"


@dataclass(frozen=True, slots=True, order=True)
class ModelName:
    """Another model of the product."""

    name: str

    def __str__(self) -> str:
        return self.name


def classify(
    reference: Reference, declared: Declared, where: str = "", model: str = ""
) -> InputObject | ModelName:
    """What a reference in `model` means.

    `port.object` is an input port's object, `domain.product.object` the same by address (the
    newest declared major, or `"object@1"` for one), a bare name another model.

    Raises:
        SqlError: it means nothing that is declared; says which port to declare, or the name
            that was probably meant.
    """
    parts = tuple(part.lower() for part in reference.parts)
    if len(parts) == 1:
        found = None if reference.changes else find_model(parts[0], declared.models, model)
        if found is not None:
            return ModelName(found)
        raise _unknown_model(reference, declared, where)
    if len(parts) == 2:
        return _input(reference, parts[0], parts[1], declared, where)
    if len(parts) == 3:
        return _addressed(reference, parts, declared, where)
    raise _error(
        reference,
        where,
        f"`{reference.key}` has too many parts",
        "name an input as input_port.object or domain.product.object",
    )


def find_model(name: str, models: Iterable[str], reader: str = "") -> str | None:
    """The model that `name` means to the model `reader`.

    Another model of the reader's major (`NAME@2` for `OTHER@2`), else the model of exactly this
    name, else its newest major.
    """
    folded = {model.lower(): model for model in models}
    _, _, major = reader.partition("@")
    sibling = f"{name.lower()}@{major}"
    if major and sibling in folded and folded[sibling] != reader:
        return folded[sibling]
    if name.lower() in folded:
        return folded[name.lower()]
    majors = [model for model in folded if model.split("@")[0] == name.lower()]
    return folded[max(majors, key=lambda model: int(model.split("@")[1]))] if majors else None


def _input(
    reference: Reference, port: str, name: str, declared: Declared, where: str
) -> InputObject | ModelName:
    found = next((known for known in declared.inputs if known.lower() == port), None)
    if found is None:
        raise _error(
            reference,
            where,
            f"`{reference.key}` reads the input port `{port}`, which product.yaml does not declare",
            _meant(port, declared.inputs)
            or f"declare an input port named `{port}` with the contract it reads",
        )
    objects = declared.inputs[found]
    if objects is None:
        return InputObject(found, reference.parts[-1])
    match = next((known for known in objects if known.lower() == name), None)
    if match is None:
        listed = ", ".join(sorted(objects)) or "none"
        raise _error(
            reference,
            where,
            f"the input port `{found}` has no object `{reference.parts[-1]}`",
            _meant(name, objects) or f"its objects are: {listed}",
        )
    return InputObject(found, objects[match])


def _addressed(
    reference: Reference, parts: tuple[str, ...], declared: Declared, where: str
) -> InputObject | ModelName:
    product = f"{parts[0]}.{parts[1]}"
    objects = declared.addresses.get(product)
    if objects is None:
        raise _error(
            reference,
            where,
            f"`{reference.key}` reads the product {parts[0]}/{parts[1]}, which no input port declares",
            _meant(product, declared.addresses)
            or f"declare an input port with the contract of {parts[0]}/{parts[1]} in product.yaml",
        )
    name, _, major = parts[2].partition("@")
    fits = [o for o in objects if o.name.lower() == name and (not major or str(o.major) == major)]
    if not fits:
        listed = sorted({f"{o.name}@{o.major}" for o in objects})
        raise _error(
            reference,
            where,
            f"no input port reads `{parts[2]}` of {parts[0]}/{parts[1]}",
            _meant(name, [o.name for o in objects if o.name.lower() != name])
            or f"declared are: {', '.join(listed) or 'none'}",
        )
    newest = max(fits, key=lambda o: o.major)
    return InputObject(newest.port, newest.object)


def _unknown_model(reference: Reference, declared: Declared, where: str) -> SqlError:
    name = reference.parts[0]
    if reference.changes:
        return _error(
            reference,
            where,
            f"`{reference.key}` does not name an input",
            "write changes(input_port.object); only inputs have changes",
        )
    ports = [
        port
        for port, objects in declared.inputs.items()
        if name.lower() in (o.lower() for o in objects or ())
    ]
    if ports:
        return _error(
            reference, where, f"`{name}` is no model of this product", f"did you mean `{ports[0]}.{name}`?"
        )
    return _error(
        reference,
        where,
        f"`{name}` is no model of this product",
        _meant(name, declared.models)
        or f"add models/{name}.sql, or declare an input port and write input_port.{name}",
    )


def _meant(name: str, known: Iterable[str]) -> str | None:
    close = get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else None


def _error(reference: Reference, where: str, what: str, way_out: str) -> SqlError:
    return SqlError(
        what,
        line=reference.line,
        column=reference.column,
        where=f"{where}:{reference.line}:{reference.column}" if where else None,
        why="models read only what their product declares",
        way_out=way_out,
    )
