"""Why a JSON Schema rejects a document, in words that a person understands.

A validator names every keyword that failed, and one mistake fails many: through `allOf`, `if`
and `unevaluatedProperties`, and in every branch of a `oneOf`. This walk follows only what
applies, so each mistake is found once, where it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from meshwright.standards.exact import Path

Schema = Mapping[str, Any] | bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake. `at_key`: its place is the key, not the value. `missing` is a key not there; of `either`
    keys one must be there."""

    path: Path
    code: str
    message: str
    hint: str | None = None
    at_key: bool = False
    missing: str | None = None
    either: tuple[str, ...] = ()
    wrong_type: tuple[str, ...] = ()


_KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}

_PATTERN_WORDS = {
    "StableId": "must not contain spaces or any of . # / \\ @ ! % & ^",
    "ShorthandReference": "OBJECT.PROPERTY",
    "FullyQualifiedReference": "schema/OBJECT/properties/PROPERTY (after FILE.yaml# for another file)",
}


def explain(schema: Mapping[str, Any], document: Any) -> list[Finding]:
    """What is wrong with `document` by `schema`; empty when nothing is."""
    found = dict.fromkeys(_Walk(schema).errors(schema, document, ()))
    guessed = {(f.path[:-1], f.hint) for f in found if f.code == "MW003"}

    def told(finding: Finding) -> bool:
        """Whether a key that is missing is told as one that is misspelt."""
        keys = (finding.missing,) if finding.missing else finding.either
        return any((finding.path, _did_you_mean(key)) in guessed for key in keys)

    return [finding for finding in found if not told(finding)]


class _Walk:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root

    def target(self, reference: str) -> Schema:
        """What a local reference points at."""
        node: Any = self.root
        for part in reference.removeprefix("#").split("/")[1:]:
            node = node[part]
        schema: Schema = node
        return schema

    def valid(self, schema: Schema, value: Any) -> bool:
        return next(self.errors(schema, value, ()), None) is None

    def errors(self, schema: Schema, value: Any, path: Path, name: str = "") -> Iterator[Finding]:
        """Everything that `schema` (called `name` where it was referred to) objects to."""
        if isinstance(schema, bool):
            if not schema:
                yield Finding(path, "MW002", "does not belong here", at_key=True)
            return
        if "$ref" in schema:
            yield from self.errors(
                self.target(schema["$ref"]), value, path, schema["$ref"].rpartition("/")[2]
            )
        if "type" in schema:
            kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
            if not any(_is_kind(value, kind) for kind in kinds):
                yield _type_finding(path, tuple(kinds), value, "x-withhold" in schema)
                return
        yield from _value_errors(schema, value, path, name)
        for part in schema.get("allOf", ()):
            yield from self.errors(part, value, path)
        yield from self._branches(schema, value, path)
        if "not" in schema and self.valid(schema["not"], value):
            keys = [key for key in _required(schema["not"]) if isinstance(value, dict) and key in value]
            for key in keys:
                message = f"the key `{key}` does not belong here"
                yield Finding((*path, key), "MW003", message, at_key=True)
            if not keys:
                yield Finding(path, "MW002", f"must not be {_found(value)}")
        if "if" in schema:
            branch = "then" if self.valid(schema["if"], value) else "else"
            yield from self.errors(schema.get(branch, True), value, path)
        if isinstance(value, dict):
            yield from self._mapping_errors(schema, value, path)
        elif isinstance(value, list) and "items" in schema:
            for index, item in enumerate(value):
                yield from self.errors(schema["items"], item, (*path, index))

    def _mapping_errors(
        self, schema: Mapping[str, Any], value: dict[str, Any], path: Path
    ) -> Iterator[Finding]:
        for key in schema.get("required", ()):
            if key not in value:
                message = f"the key `{key}` is missing"
                yield Finding(path, "MW002", message, at_key=True, missing=key)
        known = schema.get("properties", {})
        for key, item in value.items():
            if key in known:
                yield from self.errors(known[key], item, (*path, key))
        for key in value if "propertyNames" in schema else ():
            for found in self.errors(schema["propertyNames"], key, (*path, key)):
                yield replace(found, message=f"the name {found.message}", at_key=True)
        rest = schema.get("additionalProperties", True)
        if rest is False:
            for key in value:
                if key not in known:
                    yield self._unknown(schema, value, key, path)
        elif rest is not True:
            for key, item in value.items():
                if key not in known:
                    yield from self.errors(rest, item, (*path, key))
        if schema.get("unevaluatedProperties") is False and rest is True:
            allowed = self.allowed(schema, value)
            for key in value:
                if allowed is not None and key not in allowed:
                    yield self._unknown(schema, value, key, path)

    def allowed(self, schema: Schema, value: dict[str, Any], every_form: bool = False) -> set[str] | None:
        """The keys that may be in `value` as it is, or in any alternative form of it; None: any."""
        if isinstance(schema, bool):
            return set()
        keys = set(schema.get("properties", ()))
        if schema.get("additionalProperties", False) is not False:
            return None
        parts: list[Schema] = [*schema.get("allOf", ())]
        for forms in (schema.get("anyOf", ()), schema.get("oneOf", ())):
            fitting = [] if every_form else [form for form in forms if self.valid(form, value)]
            parts += fitting or forms
        if "$ref" in schema:
            parts.append(self.target(schema["$ref"]))
        if "if" in schema:
            holds = self.valid(schema["if"], value)
            parts += [schema["if"], schema.get("then", True)] if holds else [schema.get("else", True)]
        for part in parts:
            more = self.allowed(part, value, every_form)
            if more is None:
                return None
            keys |= more
        return keys

    def conditions(self, schema: Schema, value: dict[str, Any], key: str) -> Iterator[str]:
        """When `key` would be allowed: the conditions in words, of those that do not hold."""
        if isinstance(schema, bool):
            return
        parts: list[Schema] = [*schema.get("allOf", ())]
        if "$ref" in schema:
            parts.append(self.target(schema["$ref"]))
        for part in parts:
            yield from self.conditions(part, value, key)
        if "if" in schema and not self.valid(schema["if"], value):
            more = self.allowed(schema.get("then", True), value)
            if more is not None and key in more:
                yield from _condition_words(schema["if"])

    def _unknown(self, schema: Mapping[str, Any], value: dict[str, Any], key: str, path: Path) -> Finding:
        here = (*path, key)
        conditions = list(dict.fromkeys(self.conditions(schema, value, key)))
        if conditions:
            message = f"the key `{key}` does not belong here"
            return Finding(here, "MW003", message, f"it needs {' or '.join(conditions)}", at_key=True)
        closed = {**schema, "additionalProperties": False}
        if key in (self.allowed(closed, value, every_form=True) or ()):
            message = f"the key `{key}` does not belong here"
            return Finding(here, "MW003", message, "there is an alternative to it: keep one", at_key=True)
        allowed = sorted(self.allowed(closed, value) or ())
        guess = closest(key, [option for option in allowed if option not in value])
        hint = _did_you_mean(guess) if guess else None
        if hint is None and allowed and len(allowed) <= 12:
            hint = f"known here: {', '.join(allowed)}"
        return Finding(here, "MW003", f"unknown key `{_short(key)}`", hint, at_key=True)

    def _branches(self, schema: Mapping[str, Any], value: Any, path: Path) -> Iterator[Finding]:
        for keyword in ("anyOf", "oneOf"):
            if keyword not in schema:
                continue
            branches = schema[keyword]
            errors = [list(dict.fromkeys(self.errors(branch, value, path))) for branch in branches]
            fitting = [branch for branch, found in zip(branches, errors, strict=True) if not found]
            if not fitting:
                yield from _closest_branch(errors, value, path)
            elif keyword == "oneOf" and len(fitting) > 1:
                keys = [f"`{key}`" for branch in fitting for key in _required(branch)]
                together = " and ".join(keys) or "several of the allowed forms"
                yield Finding(path, "MW002", f"{together} exclude each other", "keep one", at_key=True)


def _closest_branch(errors: list[list[Finding]], value: Any, path: Path) -> Iterator[Finding]:
    """Of the branches that all fail, the errors of the one that was most likely meant."""
    right_type = [found for found in errors if not any(f.wrong_type and f.path == path for f in found)]
    if not right_type:
        kinds = dict.fromkeys(kind for found in errors for f in found for kind in f.wrong_type)
        yield _type_finding(
            path, tuple(kinds), value, any("withheld" in found[0].message for found in errors)
        )
        return
    if all(f.missing and f.path == path for found in right_type for f in found) and len(right_type) > 1:
        names = tuple(dict.fromkeys(f.missing or "" for found in right_type for f in found))
        message = f"one of {', '.join(f'`{name}`' for name in names)} is needed"
        yield Finding(path, "MW002", message, at_key=True, either=names)
        return
    meant = [found for found in right_type if not any(f.missing and f.path == path for f in found)]
    meant = meant or right_type
    fewest = min(map(len, meant))
    meant = [found for found in meant if len(found) == fewest]
    if len(meant) == 1 or any(len(found) != 1 for found in meant):
        yield from meant[0]
        return
    forms = [found[0] for found in meant]
    if all(f.message.startswith("must be written ") and f.path == path for f in forms):
        words = " or ".join(f.message.removeprefix("must be written ") for f in forms)
        yield replace(forms[0], message=f"must be written {words}")
    elif all((f.path, f.message) == (forms[0].path, forms[0].message) for f in forms):
        yield next((f for f in forms if (f.hint or "").startswith("did you mean")), forms[0])
    else:
        either = ", or ".join(f"`{_last(f.path)}` {f.message}" for f in forms)
        yield Finding(path, "MW002", f"either {either}", at_key=True)


def _value_errors(schema: Mapping[str, Any], value: Any, path: Path, name: str) -> Iterator[Finding]:
    """What keywords on a single value object to."""
    shown = "this value" if "x-withhold" in schema else f"`{_short(value)}`"
    if "enum" in schema and not any(_same(value, option) for option in schema["enum"]):
        options = [str(option) for option in schema["enum"]]
        guess = closest(value, options) if isinstance(value, str) else None
        listed = ", ".join(options[:12]) + (", ..." if len(options) > 12 else "")
        hint = _did_you_mean(guess) if guess else f"one of {listed}"
        yield Finding(path, "MW002", f"{shown} is not allowed", hint)
    if "const" in schema and not _same(value, schema["const"]):
        yield Finding(path, "MW002", f"must be `{schema['const']}`, found {_found(value)}")
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            words = str(
                schema.get("x-words") or _PATTERN_WORDS.get(name) or f"must match {schema['pattern']}"
            )
            if not words.startswith("must"):
                words = f"must be written {words}"
            found = "" if "x-withhold" in schema else f", found `{_short(value)}`"
            yield Finding(path, "MW002", words if words.startswith("must be written") else words + found)
        if len(value) < schema.get("minLength", 0):
            yield Finding(path, "MW002", "must not be empty")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if "minimum" in schema and value < schema["minimum"]:
            yield Finding(path, "MW002", f"must be at least {schema['minimum']}, found {value}")
        if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
            yield Finding(path, "MW002", f"must be more than {schema['exclusiveMinimum']}, found {value}")
    elif isinstance(value, list):
        low, high = schema.get("minItems", 0), schema.get("maxItems", len(value))
        if len(value) < low or len(value) > high:
            wanted = f"{low}" if low == high else f"at least {low}" if len(value) < low else f"at most {high}"
            noun = "item" if wanted.endswith(" 1") or wanted == "1" else "items"
            yield Finding(path, "MW002", f"must hold {wanted} {noun}, found {len(value)}", at_key=True)
        if schema.get("uniqueItems"):
            yield from _duplicates(value, path)
    elif isinstance(value, dict) and len(value) < schema.get("minProperties", 0):
        yield Finding(path, "MW002", "must not be empty", at_key=True)


def _duplicates(value: list[Any], path: Path) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for index, item in enumerate(value):
        first = seen.setdefault(json.dumps(_canonical(item), sort_keys=True), index)
        if first != index:
            yield Finding((*path, index), "MW002", f"is the same as item [{first}]")


def _canonical(value: Any) -> Any:
    """Equal numbers alike, as JSON Schema compares them."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    return value


def _same(left: Any, right: Any) -> bool:
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _is_kind(value: Any, kind: str) -> bool:
    match kind:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "integer" if isinstance(value, float):
            return value.is_integer()
    return isinstance(value, (int, float) if kind == "number" else int) and not isinstance(value, bool)


def _type_finding(path: Path, kinds: tuple[str, ...], value: Any, withhold: bool) -> Finding:
    named = [kind for kind in kinds if not (kind == "integer" and "number" in kinds)]
    words = [_KINDS[kind] for kind in named]
    wanted = ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else words[0]
    hint = None
    if "string" in kinds and isinstance(value, (int, float)):
        hint = "put it in quotes"
    found = "a value that is withheld" if withhold else _found(value)
    return Finding(path, "MW002", f"must be {wanted}, found {found}", hint, wrong_type=kinds)


def _found(value: Any) -> str:
    match value:
        case None:
            return "nothing (null)"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return f"the text `{_short(value)}`"
    return f"the number {value}"


def _required(schema: Schema) -> list[str]:
    return [] if isinstance(schema, bool) else list(schema.get("required", ()))


def _condition_words(schema: Schema) -> Iterator[str]:
    """An `if` in words: `type: sql`, or `a metric`."""
    if isinstance(schema, bool):
        return
    for part in schema.get("anyOf", ()):
        yield from _condition_words(part)
    constants = {key: rule["const"] for key, rule in schema.get("properties", {}).items() if "const" in rule}
    for key, constant in constants.items():
        yield f"`{key}: {constant}`"
    for key in schema.get("required", ()):
        if key not in constants:
            yield f"`{key}`"


def closest(word: str, options: list[str]) -> str | None:
    """What somebody who wrote `word` most likely meant."""
    plain = {re.sub(r"[^a-z0-9]", "", option.lower()): option for option in reversed(options)}
    key = re.sub(r"[^a-z0-9]", "", word[:100].lower())
    matches = get_close_matches(key, plain, n=1, cutoff=0.7)
    return plain[matches[0]] if matches else None


def _did_you_mean(word: str) -> str:
    return f"did you mean `{word}`?"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _last(path: Path) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "the document")
