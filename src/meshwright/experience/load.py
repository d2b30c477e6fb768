"""From files to a `Mesh`: read, parse, put together.

Reading alone is cheap and gives digests: what has not changed need not be parsed. Every error of
every file is collected and raised at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from meshwright.errors import DocumentError, InputError, MeshwrightError, Problem
from meshwright.experience.cache import Cache
from meshwright.experience.documents import Loaded, Source, load_document, read_documents
from meshwright.experience.settings import Settings, read_settings
from meshwright.experience.tree import (
    DOMAIN_FILE,
    DOMAINS,
    MESH_FILE,
    POLICIES,
    PRODUCT_FILE,
    MeshFiles,
    RawBundle,
    content_digest,
)
from meshwright.model.address import ProductKey
from meshwright.model.mesh import Mesh
from meshwright.model.policy import MESH
from meshwright.model.product import Bundle, Domain, Product
from meshwright.provisioning.collector import collector_paused
from meshwright.standards.odcs import read_contract
from meshwright.standards.odps import MODEL_NAME, read_product
from meshwright.standards.yaml import decode

if TYPE_CHECKING:
    from meshwright.model.contract import Document
    from meshwright.standards.schema import Kind

__all__ = [
    "Loaded",
    "RawTree",
    "Tree",
    "assemble",
    "bundle_from_json",
    "bundle_to_json",
    "load_document",
    "load_mesh",
    "load_settings",
    "load_tree",
    "parse_bundle",
    "parse_bundles",
    "parse_tree",
    "product_of",
    "read_tree",
]

_CONTRACTS = "contracts/"
_PARSED = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class RawTree:
    """A tree that was read and not parsed; only `settings` were.

    `domains` holds the bytes of each owned domain's document, None where there is none; `policies` the
    bytes of policies and waivers by path, of `mesh` and of each owned domain that has any.
    """

    settings: Settings
    domains: Mapping[str, bytes | None] = field(repr=False)
    bundles: Mapping[ProductKey, RawBundle] = field(repr=False)
    policies: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict, repr=False)

    def domain_digests(self) -> Mapping[str, str]:
        """The digest of each owned domain's document."""
        return {name: content_digest({DOMAIN_FILE: data or b""}) for name, data in self.domains.items()}


@dataclass(frozen=True, slots=True)
class Tree:
    """What a tree declares, parsed: owned domains and products only."""

    settings: Settings
    domains: Mapping[str, Domain] = field(repr=False)
    bundles: Mapping[ProductKey, Bundle] = field(repr=False)


def load_settings(root: Path, cache: Cache | None = None) -> Settings:
    """What `mesh.yaml` says; no other file of the tree is read, so domains count as owned where it says so.

    Raises:
        InputError: there is no mesh.yaml in `root`.
        DocumentError: it is refused or wrong.
    """
    _must_be_mesh(root)
    files = MeshFiles(root)
    problems: list[Problem] = []
    data = files.read(MESH_FILE)
    sources = [Source("mesh", MESH_FILE, data)] if data is not None else []
    (document,) = read_documents(sources, cache, problems) or [None]
    if document is None:
        raise DocumentError([*files.problems, *problems])
    return read_settings(document, files.root, document.get("domains", ()))


def _must_be_mesh(root: Path) -> None:
    if not (root / MESH_FILE).exists():
        raise InputError(
            "there is no mesh.yaml here",
            where=str(root),
            way_out="go to the folder of a mesh, or start one with `mesh init`",
        )


def read_tree(root: Path, cache: Cache | None = None) -> RawTree:
    """Read the files of a tree and their digests; parse `mesh.yaml` only.

    Raises:
        InputError: there is no mesh.yaml in `root`.
        DocumentError: a file is refused or mesh.yaml is wrong; then with the problems of all files.
    """
    _must_be_mesh(root)
    files = MeshFiles(root)
    problems: list[Problem] = []
    data = files.read(MESH_FILE)
    sources = [Source("mesh", MESH_FILE, data)] if data is not None else []
    (document,) = read_documents(sources, cache, problems) or [None]
    present = files.folders(DOMAINS)
    owned = present if document is None else document.get("domains", present)
    domains: dict[str, bytes | None] = {}
    bundles: dict[ProductKey, RawBundle] = {}
    policies = {MESH: files.policies(POLICIES)}
    for domain in owned:
        domains[domain] = None
        if domain in present:
            domains[domain] = files.read(f"{DOMAINS}/{domain}/{DOMAIN_FILE}", missing_ok=True)
            for name in files.folders(f"{DOMAINS}/{domain}"):
                if name == POLICIES:
                    policies[domain] = files.policies(f"{DOMAINS}/{domain}/{POLICIES}")
                elif (bundle := files.bundle(domain, name)) is not None:
                    bundles[bundle.key] = bundle
    if document is None or files.problems:
        _parse_domains(domains, cache, problems)
        _parse_bundles(bundles.values(), cache, problems)
        raise DocumentError([*files.problems, *problems])
    found = {owner: documents for owner, documents in policies.items() if documents}
    return RawTree(read_settings(document, files.root, owned), domains, bundles, found)


def parse_tree(raw: RawTree, cache: Cache | None = None) -> Tree:
    """Parse and judge every document of a tree.

    Raises:
        DocumentError: every problem of every file.
    """
    tree, problems = parse_sound(raw, cache)
    if problems:
        raise DocumentError(problems)
    return tree


def parse_sound(raw: RawTree, cache: Cache | None = None) -> tuple[Tree, tuple[Problem, ...]]:
    """What of a tree can be read, without the products that have a problem, and every problem."""
    problems: list[Problem] = []
    with collector_paused():
        domains = _parse_domains(raw.domains, cache, problems)
        bundles = _parse_bundles(raw.bundles.values(), cache, problems)
    files = {problem.file or "" for problem in problems}
    sound = {
        key: bundle
        for key, bundle in bundles.items()
        if not any(file.startswith(f"{bundle.folder}/") for file in files)
    }
    return Tree(raw.settings, domains, sound), tuple(problems)


def load_tree(root: Path, cache: Cache | None = None) -> Tree:
    """Read and parse a tree: `read_tree`, then `parse_tree`."""
    return parse_tree(read_tree(root, cache), cache)


def parse_bundles(raws: Iterable[RawBundle], cache: Cache | None = None) -> dict[ProductKey, Bundle]:
    """Parse and judge the documents of some products.

    Raises:
        DocumentError: every problem of every file.
    """
    problems: list[Problem] = []
    with collector_paused():
        bundles = _parse_bundles(raws, cache, problems)
    if problems:
        raise DocumentError(problems)
    return bundles


def parse_bundle(raw: RawBundle, cache: Cache | None = None) -> Bundle:
    """Parse and judge the documents of one product (see `parse_bundles`)."""
    return parse_bundles([raw], cache)[raw.key]


def assemble(settings: Settings, domains: Iterable[Domain], bundles: Iterable[Bundle]) -> Mesh:
    """The mesh of these domains and products, owned ones from files, others from the registry."""
    with collector_paused():
        products = {bundle.key: product_of(bundle) for bundle in bundles}
    return Mesh(
        name=settings.name,
        root=settings.root,
        environments=settings.environments,
        default_environment=settings.default_environment,
        owned=settings.owned,
        domains={domain.name: domain for domain in domains},
        products=products,
    )


def product_of(bundle: Bundle) -> Product:
    """The product that a bundle declares, with the contracts in it."""
    contracts = [
        read_contract(document, f"{bundle.folder}/{path}")
        for path, document in bundle.documents.items()
        if path.startswith(_CONTRACTS)
    ]
    return read_product(bundle, contracts)


def load_mesh(
    root: Path,
    cache: Cache | None = None,
    foreign: Iterable[Bundle] = (),
    foreign_domains: Iterable[Domain] = (),
) -> Mesh:
    """The mesh of a tree, with what the registry knows of the domains that the tree does not own."""
    tree = load_tree(root, cache)
    owned = tree.settings.owned
    return assemble(
        tree.settings,
        [*tree.domains.values(), *(domain for domain in foreign_domains if domain.name not in owned)],
        [*tree.bundles.values(), *(bundle for bundle in foreign if bundle.domain not in owned)],
    )


def bundle_to_json(bundle: Bundle) -> str:
    """A bundle as JSON text; `bundle_from_json` gives an equal bundle."""
    data = {name: getattr(bundle, name) for name in Bundle.__slots__}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def bundle_from_json(text: str) -> Bundle:
    """The bundle that `bundle_to_json` wrote.

    Raises:
        MeshwrightError: the text is nothing that `bundle_to_json` writes.
    """
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    texts = ("domain", "product", "folder", "digest")
    if (
        not isinstance(data, dict)
        or tuple(data) != Bundle.__slots__
        or not all(isinstance(data[name], str) for name in texts)
        or not all(isinstance(data[name], dict) for name in ("documents", "texts"))
        or not all(isinstance(value, dict) for value in data["documents"].values())
        or not all(isinstance(value, str) for value in data["texts"].values())
    ):
        raise MeshwrightError(
            "a stored product cannot be read",
            why="it was not written by this version of Meshwright, or it was changed",
            way_out="apply the product again from its files",
        )
    return Bundle(**data)


def _parse_domains(
    domains: Mapping[str, bytes | None], cache: Cache | None, problems: list[Problem]
) -> dict[str, Domain]:
    files = {name: f"{DOMAINS}/{name}/{DOMAIN_FILE}" for name in domains}
    sources = [Source("domain", files[name], data) for name, data in domains.items() if data is not None]
    documents = dict(
        zip((source.file for source in sources), read_documents(sources, cache, problems), strict=True)
    )
    found = {}
    for name, data in domains.items():
        document = documents.get(files[name]) or {"domain": name}
        file = files[name] if data is not None else None
        found[name] = Domain(name, file, document, document.get("description"))
    return found


def _parse_bundles(
    raws: Iterable[RawBundle], cache: Cache | None, problems: list[Problem]
) -> dict[ProductKey, Bundle]:
    raws = list(raws)
    sources = []
    for raw in raws:
        for path, data in raw.files.items():
            is_document, kind = _kind_at(path)
            if is_document:
                sources.append(Source(kind, f"{raw.folder}/{path}", data))
    documents = iter(read_documents(sources, cache, problems))
    return {raw.key: _bundle(raw, documents, problems) for raw in raws}


def _bundle(raw: RawBundle, documents: Iterator[Document | None], problems: list[Problem]) -> Bundle:
    parsed: dict[str, Document] = {}
    texts: dict[str, str] = {}
    models: dict[str, str] = {}
    for path, data in raw.files.items():
        if _kind_at(path)[0]:
            document = next(documents)
            parsed[path] = {} if document is None else document
            continue
        file = f"{raw.folder}/{path}"
        try:
            texts[path] = decode(data, file)
        except DocumentError as error:
            problems.extend(error.problems)
        if path.startswith("models/") and path.endswith((".sql", ".py")):
            problems.extend(_model_problems(path, file, models))
    return Bundle(raw.domain, raw.product, raw.folder, raw.digest, parsed, texts)


def _model_problems(path: str, file: str, models: dict[str, str]) -> Iterator[Problem]:
    name = path.rpartition("/")[2]
    if MODEL_NAME.match(name) is None:
        hint = "name it NAME.sql, NAME@MAJOR.sql or NAME.py"
        yield Problem("MW006", f"`{name}` cannot be the name of a model", file, hint=hint)
    elif (other := models.setdefault(name.rpartition(".")[0], path)) != path:
        yield Problem("MW006", f"the model is there twice: also {other}", file, hint="remove one of them")


def _kind_at(path: str) -> tuple[bool, Kind | None]:
    """Whether a bundle's file is a document, and what its place makes it."""
    if path == PRODUCT_FILE:
        return True, "product"
    if path.endswith(_PARSED):
        if path.startswith(_CONTRACTS):
            return True, "contract"
        if path.startswith("tests/"):
            return True, "test"
        if path.startswith("dashboards/"):
            return True, "dashboard"
    return False, None
