"""Variables in documents: `${NAME}` and `${NAME:-default}` (ODCS 3.2, RFC 0050)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from meshwright.errors import MissingPart

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}")


def resolve_variables(value: Any, environ: Mapping[str, str]) -> Any:
    """`value` with every variable in its texts replaced, at any depth; keys stay as they are.

    A variable that is unset or empty takes its default. Documents keep variables as they were
    written: resolve a value when it is used.

    Raises:
        MissingPart: a variable without a default is not set; names it, never a value.
    """
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _value_of(match, environ), value) if "${" in value else value
    if isinstance(value, Mapping):
        return {key: resolve_variables(item, environ) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(resolve_variables(item, environ) for item in value)
    return value


def _value_of(match: re.Match[str], environ: Mapping[str, str]) -> str:
    name, default = match[1], match[2]
    found = environ.get(name)
    if found or (found is not None and default is None):
        return found
    if default is not None:
        return str(default)
    raise MissingPart(
        f"the variable {name} is not set",
        why="a declaration uses it and gives no default",
        way_out=f"set {name} in the environment, or write ${{{name}:-default}}",
    )
