"""Where the columns of a contract are in data, nested ones included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meshwright.model.check import Step
from meshwright.model.contract import ContractObject, Property


@dataclass(frozen=True, slots=True)
class Place:
    """One property of an object: `name` is dotted in the contract's names, `column` in data's."""

    prop: Property
    name: str
    column: str
    path: tuple[Step, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The way to a nested value; empty for a top-level column."""
        return self.path if len(self.path) > 1 else ()

    @property
    def top(self) -> str:
        """The top-level column."""
        return self.path[0][1]

    @property
    def is_field(self) -> bool:
        """Whether the property has a name in data (items, keys and values have none)."""
        return self.path[-1][0] == "field"

    def children(self) -> Iterator[Place]:
        """The properties one level below."""
        prop = self.prop
        for child in prop.properties:
            yield Place(
                child,
                f"{self.name}.{child.name}",
                f"{self.column}.{child.column}",
                (*self.path, ("field", child.column)),
            )
        for part, sign, step in (
            (prop.items, "[]", "items"),
            (prop.map_key, "{key}", "keys"),
            (prop.map_value, "{}", "values"),
        ):
            if part is not None:
                yield Place(part, self.name + sign, self.column + sign, (*self.path, (step, "")))


def places(obj: ContractObject) -> Iterator[Place]:
    """The top-level columns of an object."""
    for prop in obj.properties:
        yield Place(prop, prop.name, prop.column, (("field", prop.column),))


def locate(obj: ContractObject, name: str) -> Place | None:
    """The property that a dotted path of (physical) names leads to; items are entered in passing."""
    for place in places(obj):
        found = _below(place, name)
        if found is not None:
            return found
    return None


def _below(place: Place, name: str) -> Place | None:
    for own in dict.fromkeys((place.prop.name, place.prop.column)):
        if name == own:
            return place
        if name.startswith(f"{own}."):
            return _inside(place, name[len(own) + 1 :])
    return None


def _inside(place: Place, rest: str) -> Place | None:
    for child in place.children():
        found = _below(child, rest) if child.is_field else _inside(child, rest)
        if found is not None:
            return found
    return None


def classified_columns(obj: ContractObject) -> tuple[str, ...]:
    """The top-level columns that hold classified data, at any depth; `public` is not classified."""
    return tuple(place.top for place in places(obj) if _classified(place.prop))


def _classified(prop: Property) -> bool:
    if prop.classification and prop.classification.strip().lower() != "public":
        return True
    parts = (*prop.properties, prop.items, prop.map_key, prop.map_value)
    return any(_classified(part) for part in parts if part is not None)
