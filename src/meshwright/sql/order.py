"""The order in which models are built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meshwright.errors import SqlError


def order(models: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Every model after those it depends on, otherwise in the order given.

    Dependencies on names that are no models are left out.

    Raises:
        SqlError: models depend on each other in a circle, which is printed.
    """
    done: dict[str, None] = {}
    for start in models:
        path: dict[str, None] = {}
        stack = [(start, iter(models[start]))] if start not in done else []
        if stack:
            path[start] = None
        while stack:
            name, rest = stack[-1]
            following = next((other for other in rest if other in models and other not in done), None)
            if following is None:
                stack.pop()
                path.pop(name, None)
                done[name] = None
            elif following in path:
                names = list(path)
                circle = [*names[names.index(following) :], following]
                raise SqlError(
                    f"models depend on each other in a circle: {' -> '.join(circle)}",
                    why="each model is built from models that are built before it",
                    way_out="take one of these references out; a model cannot read its own result",
                )
            else:
                path[following] = None
                stack.append((following, iter(models[following])))
    return tuple(done)
