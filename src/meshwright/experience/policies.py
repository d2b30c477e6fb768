"""The policies and waivers that a tree declares: read, judged by their schemas, put together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from meshwright.errors import Problem
from meshwright.experience.documents import Source, read_documents
from meshwright.experience.rules.suggest import Suggester
from meshwright.experience.tree import DOMAINS, MESH_FILE, POLICIES, WAIVERS, content_digest
from meshwright.model.policy import MESH, set_document
from meshwright.provisioning.registry import AppliedPolicies, EnvironmentState

if TYPE_CHECKING:
    from meshwright.experience.cache import Cache
    from meshwright.experience.load import RawTree
    from meshwright.model.contract import Document

_QUERY = re.compile(rb"^query *:(?P<rest>.*)$", re.MULTILINE)
_BLOCK = re.compile(rb" +[|>][-+0-9]*[ \t\r]*(#.*)?$")

Library = Mapping[str, tuple[str, bytes]]
"""The policies of the package: file and text by name."""


def declares_for_mesh(raw: RawTree) -> bool:
    """Whether a tree says anything about policies of the whole mesh."""
    return MESH in raw.policies or "policies" in raw.settings.document


def policy_digests(raw: RawTree, library: Library) -> Mapping[str, str]:
    """A digest of what a tree declares, by owner; without parsing. Owners that have nothing are left out."""
    found = {owner: content_digest(files) for owner, files in raw.policies.items() if owner != MESH}
    used = _used(raw)
    files = dict(raw.policies.get(MESH, {}))
    files |= {library[name][0]: library[name][1] for name in used["use"] if name in library}
    if files:
        severities = {"severity": repr(sorted(used["severity"].items())).encode()}
        found[MESH] = content_digest({**files, **severities})
    return found


def parse_policies(
    raw: RawTree, library: Library, cache: Cache | None, problems: list[Problem]
) -> Mapping[str, AppliedPolicies]:
    """What a tree declares by owner: `mesh`, or a domain. Wrong documents are added to `problems`."""
    digests = policy_digests(raw, library)
    found = {}
    for owner, digest in digests.items():
        policies, waivers = _documents(raw.policies.get(owner, {}), cache, problems)
        if owner == MESH:
            policies = [*_of_library(raw, library, cache, problems), *policies]
        problems.extend(_wrong(owner, policies, waivers))
        document = set_document(policies, waivers)
        found[owner] = AppliedPolicies(owner, digest, document, raw.settings.repository)
    if MESH not in digests:
        _of_library(raw, library, cache, problems)
    return found


def demanded(
    raw: RawTree,
    declared: Mapping[str, AppliedPolicies],
    state: EnvironmentState,
    owned: Collection[str],
) -> Mapping[str, AppliedPolicies | None]:
    """What a tree decides about, by owner: policies, or None where some are applied and it has none.

    A tree that says nothing about policies of the mesh leaves those that are applied; only one that says
    what its `repository` is takes back those that it applied.
    """
    found: dict[str, AppliedPolicies | None] = {}
    for domain in owned:
        if domain in declared or domain in state.policies:
            found[domain] = declared.get(domain)
    if MESH in declared or (MESH in state.policies and _takes_back(raw, state)):
        found[MESH] = declared.get(MESH)
    return found


def _takes_back(raw: RawTree, state: EnvironmentState) -> bool:
    ours = state.policies[MESH][1] == raw.settings.repository
    return ours and (declares_for_mesh(raw) or "repository" in raw.settings.document)


def differ(raw: RawTree, library: Library, state: EnvironmentState, owned: Collection[str]) -> bool:
    """Whether a plan would change policies: told from digests, without parsing."""
    digests = policy_digests(raw, library)
    deciding = {*digests, *(owner for owner in state.policies if owner in owned)}
    if MESH in state.policies and _takes_back(raw, state):
        deciding.add(MESH)
    known = {owner: state.policies.get(owner) for owner in deciding}
    if any((each[0] if each else None) != digests.get(owner) for owner, each in known.items()):
        return True
    mesh = known.get(MESH)
    return mesh is not None and mesh[1] != raw.settings.repository


Documents = tuple[list[tuple[str, int, "Document"]], list[tuple[str, "Document"]]]


def _documents(files: Mapping[str, bytes], cache: Cache | None, problems: list[Problem]) -> Documents:
    sources = [Source("waiver" if f"/{WAIVERS}/" in file else "policy", file, files[file]) for file in files]
    policies, waivers = [], []
    for source, document in zip(sources, read_documents(sources, cache, problems), strict=True):
        if document is None:
            continue
        if source.kind == "waiver":
            waivers.append((source.file, document))
        else:
            policies.append((source.file, query_line(source.data), document))
    return policies, waivers


def query_line(data: bytes) -> int:
    """The line on which the query of a policy's file begins."""
    found = _QUERY.search(data)
    if found is None:  # in braces, or quoted
        from meshwright.standards.yaml import locate

        place = locate(data, [("query",)]).get(("query",))
        return place.line if place else 1
    return data.count(b"\n", 0, found.start()) + 1 + bool(_BLOCK.match(found["rest"]))


def _used(raw: RawTree) -> Mapping[str, Any]:
    chosen = raw.settings.document.get("policies") or {}
    return {"use": chosen.get("use") or (), "severity": chosen.get("severity") or {}}


def _of_library(
    raw: RawTree, library: Library, cache: Cache | None, problems: list[Problem]
) -> list[tuple[str, int, Document]]:
    used = _used(raw)
    places = [("use", index, name) for index, name in enumerate(used["use"]) if name not in library]
    for key, at, name in places:
        hint = Suggester(library.keys()).hint(name, "`mesh policy list --all` shows what there is")
        path = f"policies.{key}[{at}]"
        problems.append(
            Problem("MW604", f"the package has no policy `{name}`", MESH_FILE, path=path, hint=hint)
        )
    for name in used["severity"]:
        if name not in used["use"]:
            path, hint = f"policies.severity.{name}", "name it in `policies.use`, or leave this out"
            problems.append(
                Problem("MW604", f"the policy `{name}` is not used", MESH_FILE, path=path, hint=hint)
            )
    chosen = [(name, *library[name]) for name in used["use"] if name in library]
    sources = [Source("policy", file, data) for _, file, data in chosen]
    found = []
    for (name, file, data), document in zip(chosen, read_documents(sources, cache, problems), strict=True):
        if document is not None:
            severity = used["severity"].get(name)
            document = {**document, "severity": severity} if severity else document
            found.append((file, query_line(data), document))
    return found


def _wrong(
    owner: str, policies: list[tuple[str, int, Document]], waivers: list[tuple[str, Document]]
) -> Iterator[Problem]:
    """What no schema sees: names that occur twice, scopes and waivers beyond a domain's own."""
    known: dict[str, str] = {}
    for file, _, document in policies:
        name, scope = document["policy"], document.get("scope", owner)
        if (other := known.setdefault(name, file)) != file:
            message = f"the policy `{name}` is there twice: also {other}"
            yield Problem("MW601", message, file, path="policy", hint="give one of them another name")
        if owner != MESH and scope != owner:
            message = f"a policy of domain `{owner}` has the scope `{scope}`"
            hint = f"leave it out; what holds beyond `{owner}` belongs below {POLICIES}/"
            yield Problem("MW601", message, file, path="scope", hint=hint)
    for file, document in waivers:
        named = document["policy"]
        above, _, name = named.rpartition("/")
        if owner != MESH and (above or owner) != owner:
            message = f"a waiver of domain `{owner}` is for a policy of `{above}`"
            yield Problem("MW603", message, file, path="policy", hint=f"`{above}` waives its own policies")
        elif owner != MESH and name not in known:
            hint = f"only a waiver below {POLICIES}/{WAIVERS}/ waives a policy of the mesh"
            message = f"domain `{owner}` has no policy `{name}` of its own"
            yield Problem("MW603", message, file, path="policy", hint=hint)
        if not _is_date(document["expires"]):
            message = f"`{document['expires']}` is no day of the calendar"
            yield Problem("MW603", message, file, path="expires", hint="write YYYY-MM-DD")


def _is_date(text: str) -> bool:
    import datetime as dt

    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def folder_of(owner: str) -> str:
    """Where an owner's policies are in its tree."""
    return POLICIES if owner == MESH else f"{DOMAINS}/{owner}/{POLICIES}"
