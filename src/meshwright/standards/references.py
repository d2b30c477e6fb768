"""References of ODCS relationships: `object.property`, and `schema/OBJECT/properties/PROPERTY`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from meshwright.model.contract import Relationship

_Element = Mapping[str, Any]


class References:
    """Reads the relationships of one contract; ids of its own elements become names."""

    def __init__(self, objects: Sequence[_Element]) -> None:
        self._objects = objects

    def of_object(self, item: _Element, path: str) -> tuple[Relationship, ...]:
        """Relationships between columns that `from` names; each column below this object."""
        found = []
        for index, entry in enumerate(item["relationships"]):
            sources = tuple(self._below(text, item) for text in _texts(entry["from"]))
            found.append(self._relationship(sources, entry, f"{path}.relationships[{index}]"))
        return tuple(found)

    def of_property(self, item: _Element, path: str, column: str) -> tuple[Relationship, ...]:
        """Relationships of a property, which is what they start from."""
        return tuple(
            self._relationship((column,), entry, f"{path}.relationships[{index}]")
            for index, entry in enumerate(item["relationships"])
        )

    def _relationship(self, sources: tuple[str, ...], entry: _Element, path: str) -> Relationship:
        targets = [self._read(text) for text in _texts(entry["to"])]
        contract, to_object, _ = targets[0]
        columns = tuple(
            column if (other, obj) == (contract, to_object) else f"{obj}.{column}"
            for other, obj, column in targets
        )
        return Relationship(sources, to_object, columns, path, contract)

    def _below(self, text: str, item: _Element) -> str:
        """A source column; one of another object keeps its object's name, and so is not found here."""
        _, obj, column = self._read(text)
        return column if obj == item["name"] else f"{obj}.{column}"

    def _read(self, text: str) -> tuple[str | None, str, str]:
        """(other contract, object, dotted column) of a reference."""
        if "/" not in text:
            head, *parts = text.split(".")
            element = _find(self._objects, head, ("name", "physicalName", "id"))
            return (
                None,
                _name(element, head),
                ".".join(_names(element, parts, ("name", "physicalName", "id"))),
            )
        contract, _, fragment = text.rpartition("#")
        steps = fragment.strip("/").split("/")
        parts = [name for section, name in zip(steps[::2], steps[1::2], strict=False) if section != "schema"]
        head = steps[1] if steps[0] == "schema" and len(steps) > 1 else steps[0]
        if contract:
            return contract, head, ".".join(parts)
        element = _find(self._objects, head, ("id", "name", "physicalName"))
        return None, _name(element, head), ".".join(_names(element, parts, ("id", "name", "physicalName")))


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _name(element: _Element | None, text: str) -> str:
    return str(element["name"]) if element and "name" in element else text


def _names(element: _Element | None, parts: Sequence[str], by: Sequence[str]) -> Iterator[str]:
    """The names of nested properties, each looked up in the one before."""
    for part in parts:
        element = _find(_children(element), part, by)
        yield _name(element, part)


def _children(element: _Element | None) -> Sequence[_Element]:
    """The properties below an element, those of list items and map values included."""
    while element is not None:
        if element.get("properties"):
            nested: Sequence[_Element] = element["properties"]
            return nested
        element = element.get("items") or (element.get("map") or {}).get("value")
    return ()


def _find(elements: Sequence[_Element], text: str, by: Sequence[str]) -> _Element | None:
    for key in by:
        for element in elements:
            if element.get(key) == text:
                return element
    return None
