"""Variables in the settings of a server: `${NAME}` and `${NAME:-default}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from meshwright.errors import MissingPart

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def resolve_variables(value: Any, environ: Mapping[str, str], *, where: str | None = None) -> Any:
    """`value` with every variable in its texts replaced, in lists and mappings too.

    As in a shell, `${NAME:-default}` takes the default when NAME is not set or empty. Values that
    are no text come back as they are.

    Raises:
        MissingPart: a variable without a default is not set; names it.
    """
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _lookup(match, environ, where), value)
    if isinstance(value, Mapping):
        return {key: resolve_variables(item, environ, where=where) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve_variables(item, environ, where=where) for item in value]
    return value


def _lookup(match: re.Match[str], environ: Mapping[str, str], where: str | None) -> str:
    name, default = match[1], match[2]
    found = environ.get(name)
    if default is not None:
        return found or default
    if found is None:
        raise MissingPart(
            f"the variable {name} is not set",
            where=where,
            way_out=f"set {name}, or write a default: ${{{name}:-default}}",
        )
    return found
