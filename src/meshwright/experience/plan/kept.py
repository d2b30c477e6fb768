"""Plans as JSON: for `--format json`, and kept in a file between review and apply.

A kept plan comes from outside. Every value is held against the type it must have, and a digest over
the whole file tells when it is not what was written.
"""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from meshwright.errors import InputError, MeshwrightError, Problem
from meshwright.experience.load import bundle_from_json, bundle_to_json
from meshwright.experience.plan.changes import CHANGES, Change
from meshwright.experience.plan.plan import Pin, Plan, Refusal
from meshwright.model.address import ProductKey
from meshwright.model.policy import Verdict
from meshwright.model.product import Bundle
from meshwright.provisioning.registry import AppliedDomain, AppliedPolicies

FORMAT = 4
"""Grows when a kept plan would be read differently."""

_AGAIN = "make the plan again with `mesh plan --out FILE`"


class _Misfit(Exception):
    """A value that a plan cannot hold, and where it is."""


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The plan as plain data for reading: changes, refusals, warnings, pins; no declarations."""
    return {
        "format": FORMAT,
        "mesh": plan.mesh,
        "repository": plan.repository,
        "environment": plan.environment,
        "base": plan.base,
        "owned": list(plan.owned),
        "changes": [{"change": change.tag, **_encoded(change)} for change in plan.changes],
        "refusals": _encoded(plan.refusals),
        "warnings": _encoded(plan.warnings),
        "allowed": dict(plan.allowed),
        "pins": _encoded(plan.pins),
        "verdicts": _encoded(plan.verdicts),
    }


def plan_to_text(plan: Plan) -> str:
    """The whole plan, with the declarations it stores; `plan_from_text` reads it back equal."""
    data = plan_to_json(plan)
    data["bundles"] = [json.loads(bundle_to_json(bundle)) for bundle in plan.bundles]
    data["domains"] = [asdict(domain) for domain in plan.domains]
    data["policies"] = [asdict(each) for each in plan.policies]
    return json.dumps({**data, "digest": _digest(data)}, indent=1, ensure_ascii=False) + "\n"


def plan_from_text(text: str, where: str) -> Plan:
    """Read a kept plan.

    Raises:
        InputError: it is no plan, one of another version of Meshwright, or it was changed.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_plan(where, f"it is no whole JSON document: {error}") from error
    if not isinstance(data, dict) or not {"format", "changes", "digest"} <= data.keys():
        raise _no_plan(where, "it has not what a plan has")
    if data["format"] != FORMAT:
        raise InputError(
            f"the plan has format {data['format']!r}, this is format {FORMAT}",
            where=where,
            why="another version of Meshwright made it",
            way_out=_AGAIN,
        )
    digest = data.pop("digest")
    if digest != _digest(data):
        raise InputError(
            "the plan was changed after it was made",
            where=where,
            why="its digest does not fit its contents",
            way_out=f"{_AGAIN}, and apply that as it is",
        )
    try:
        return _plan(data)
    except (_Misfit, KeyError, TypeError, MeshwrightError) as error:
        raise _no_plan(where, str(error)) from error


def _plan(data: dict[str, Any]) -> Plan:
    bundles = _decoded(tuple[dict, ...], data["bundles"], "bundles")  # type: ignore[type-arg]
    changes = _decoded(list, data["changes"], "changes")
    return Plan(
        mesh=_decoded(str, data["mesh"], "mesh"),
        repository=_decoded(str, data["repository"], "repository"),
        environment=_decoded(str, data["environment"], "environment"),
        base=_decoded(str, data["base"], "base"),
        owned=_decoded(tuple[str, ...], data["owned"], "owned"),
        changes=tuple(_change(change, f"changes[{i}]") for i, change in enumerate(changes)),
        refusals=_decoded(tuple[Refusal, ...], data["refusals"], "refusals"),
        warnings=_decoded(tuple[Problem, ...], data["warnings"], "warnings"),
        bundles=tuple(_bundle(bundle) for bundle in bundles),
        domains=_decoded(tuple[AppliedDomain, ...], data["domains"], "domains"),
        allowed=_decoded(Mapping[str, str], data["allowed"], "allowed"),
        pins=_decoded(tuple[Pin, ...], data["pins"], "pins"),
        policies=_decoded(tuple[AppliedPolicies, ...], data["policies"], "policies"),
        verdicts=_decoded(tuple[Verdict, ...], data["verdicts"], "verdicts"),
    )


def _bundle(data: dict[str, Any]) -> Bundle:
    ordered = {name: data[name] for name in Bundle.__slots__ if name in data}
    return bundle_from_json(json.dumps({**ordered, **data}))


def _change(data: Any, path: str) -> Change:
    kinds = {kind.tag: kind for kind in CHANGES}
    tag = _decoded(dict, data, path).get("change")
    if tag not in kinds:
        raise _Misfit(f"{path}: there is no change `{tag}`")
    change: Change = _decoded(kinds[tag], {k: v for k, v in data.items() if k != "change"}, path)
    return change


def _encoded(value: Any) -> Any:
    """Frozen values as plain data."""
    if isinstance(value, ProductKey):
        return str(value)
    if is_dataclass(value):
        return {item.name: _encoded(getattr(value, item.name)) for item in fields(value)}
    return [_encoded(item) for item in value] if isinstance(value, tuple) else value


def _decoded(kind: Any, value: Any, path: str) -> Any:
    """The value of type `kind` that `_encoded` wrote.

    Raises:
        _Misfit: it is none.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is ProductKey:
        return ProductKey.parse(_decoded(str, value, path))
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        (kind,) = (argument for argument in arguments if argument is not type(None))
        return _decoded(kind, value, path)
    if origin is Literal:
        if value not in arguments:
            raise _Misfit(f"{path}: `{value}` is none of {', '.join(map(str, arguments))}")
        return value
    if origin is tuple:
        items = _decoded(list, value, path)
        return tuple(_decoded(arguments[0], item, f"{path}[{i}]") for i, item in enumerate(items))
    if origin is not None and issubclass(origin, Mapping):
        entries = _decoded(dict, value, path)
        return {name: _decoded(arguments[1], item, f"{path}.{name}") for name, item in entries.items()}
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, value, path)
    if kind is not Any and type(value) is not kind:
        raise _Misfit(f"{path}: a {kind.__name__} is expected, not {type(value).__name__}")
    return value


def _dataclass(kind: type[Any], value: Any, path: str) -> Any:
    data = _decoded(dict, value, path)
    hints = get_type_hints(kind)
    wanted = [item.name for item in fields(kind)]
    if set(data) != set(wanted):
        odd = ", ".join(sorted(set(data) ^ set(wanted)))
        raise _Misfit(f"{path}: missing or unknown: {odd}")
    return kind(**{name: _decoded(hints[name], data[name], f"{path}.{name}") for name in wanted})


def _digest(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _no_plan(where: str, why: str) -> InputError:
    return InputError("this is no plan file", where=where, why=why, way_out=_AGAIN)
