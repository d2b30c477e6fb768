"""Secrets: references in the environment's settings, values only where they are used."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from meshwright.errors import MissingPart
from meshwright.model.product import Environment

if TYPE_CHECKING:
    from meshwright.provisioning.ports import Secrets

HIDDEN = "***"
"""What stands in for a secret in a text."""


class SecretValues(Mapping[str, str]):
    """The secrets of one server by key; prints its keys and never a value."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, key: str) -> str:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"SecretValues({', '.join(sorted(self._values))})"


def resolve(
    reference: str,
    root: Path,
    environ: Mapping[str, str] | None = None,
    *,
    server: str = "",
    key: str = "",
) -> str:
    """The value behind `env:NAME` or `file:PATH` (relative to `root`).

    A file's trailing line break is no part of the secret. `server` and `key` are for the error.

    Raises:
        MissingPart: there is no such variable or file, or the reference is neither; names the
            server, the key and the reference, never a value.
    """
    scheme, colon, name = reference.partition(":")
    whose = f"the secret {key or 'value'}" + (f" of server {server}" if server else "")
    if not colon or scheme not in ("env", "file") or not name:
        # A text that is no reference may be the secret itself: it is not shown.
        raise MissingPart(
            f"{whose} is not given by reference", way_out="write env:NAME or file:PATH, never the secret"
        )
    if scheme == "env":
        value = (os.environ if environ is None else environ).get(name)
        if value is None:
            raise MissingPart(
                f"{whose} is not there: {reference}",
                why=f"the variable {name} is not set",
                way_out=f"set {name} where mesh runs",
            )
        return value
    try:
        return (root / name).read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        why = "the file is not UTF-8 text"
    except OSError as error:
        why = error.strerror or type(error).__name__
    raise MissingPart(f"{whose} is not there: {reference}", why=why, way_out="write the secret to that file")


def secrets_for(environment: Environment, environ: Mapping[str, str], root: Path) -> Secrets:
    """Resolves servers' names to their secret values, each time they are asked for.

    A server that the environment has no secrets for has none; a bare reference is its `token`.
    Calling the result raises `MissingPart` where a reference leads nowhere.
    """

    def values(server: str) -> Mapping[str, str]:
        references = environment.secrets.get(server, {})
        if isinstance(references, str):
            references = {"token": references}
        return SecretValues(
            {
                key: resolve(reference, root, environ, server=server, key=key)
                for key, reference in references.items()
            }
        )

    return values


def scrub(text: str, secrets: Mapping[str, str]) -> str:
    """`text` with every secret replaced, also where it is percent-encoded, escaped or in Basic form."""
    forms: set[str] = set()
    for value in secrets.values():
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        forms |= {value, quote(value), quote(value, safe=""), quote_plus(value), escaped, repr(value)[1:-1]}
        forms.add(base64.b64encode(value.encode()).decode())
    if {"user", "password"} <= secrets.keys():
        pair = f"{secrets['user']}:{secrets['password']}"
        forms.add(base64.b64encode(pair.encode()).decode())
    for form in sorted(forms - {""}, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text
