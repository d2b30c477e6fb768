"""Names of relations inside an engine session: safe identifiers that no model can write."""

from __future__ import annotations


def input_relation(port: str, obj: str, major: int | None = None, changes: bool = False) -> str:
    """The relation of an input port's object, or of the rows added to it."""
    kind = "changes" if changes else "input"
    version = "" if major is None else f"__v{major}"
    return f"mw_{kind}__{port}__{obj}{version}"


def model_relation(name: str, major: int | None = None) -> str:
    """The relation of what a model returns."""
    return f"mw_model__{name}" + ("" if major is None else f"__v{major}")


def object_relation(name: str, major: int) -> str:
    """The relation of an output object as consumers would see it."""
    return f"mw_object__{name}__v{major}"
