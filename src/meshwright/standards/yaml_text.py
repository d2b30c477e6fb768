"""Plain data as YAML 1.2 (core schema) for people: what `read_value` reads back equal."""

from __future__ import annotations

import re
from typing import Any

import yaml

_WIDTH = 100

_NOT_TEXT = re.compile(
    r"[-+]?(?:0o[0-7]+|0x[0-9a-fA-F]+|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|"
)
"""What a plain scalar of the core schema is, if not text (YAML 1.2.2, 10.3.2)."""


class _Writer(yaml.SafeDumper):
    """Block style, keys in their order, no anchors; lists are indented below their key."""

    def ignore_aliases(self, data: Any) -> bool:
        """Nothing is written as an anchor."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        """Lists too are indented."""
        return super().increase_indent(flow, False)


def _text(writer: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if _NOT_TEXT.fullmatch(text) or not text.isprintable():
        style = '"'
        if "\n" in text and text.replace("\n", "").isprintable() and not text.startswith((" ", "\n")):
            lines = text.split("\n")
            style = '"' if any(line != line.rstrip() for line in lines) else "|"
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style)


_Writer.add_representer(str, _text)


def yaml_text(value: Any) -> str:
    """A document, or any value of JSON's kinds, as YAML."""
    written: str = yaml.dump(
        value, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=False
    )
    return written
