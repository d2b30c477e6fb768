"""Names of relations inside an engine session, which no model can write.

Their parts are joined by colons, which no name of a port, an object or a model holds, so that two
things never share a relation.
"""

from __future__ import annotations


def input_relation(port: str, obj: str, major: int | None = None, changes: bool = False) -> str:
    """The relation of an input port's object, or of the rows added to it."""
    kind = "changes" if changes else "input"
    version = "" if major is None else f":v{major}"
    return f"mw:{kind}:{port}:{obj}{version}"


def model_relation(name: str, major: int | None = None) -> str:
    """The relation of what a model returns."""
    return f"mw:model:{name}" + ("" if major is None else f":v{major}")


def object_relation(name: str, major: int) -> str:
    """The relation of an output object as consumers would see it."""
    return f"mw:object:{name}:v{major}"
