"""Single documents: from the cache, or parsed and judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meshwright.errors import DocumentError, InputError, Problem
from meshwright.experience.cache import Cache, cache_key
from meshwright.standards.schema import Kind, check_document
from meshwright.standards.yaml import MAX_BYTES, read_document, read_value

if TYPE_CHECKING:
    from meshwright.model.contract import Document


@dataclass(frozen=True, slots=True)
class Loaded:
    """One document on its own; `kind` is contract, product, mesh, domain, test, policy,
    waiver or dashboard."""

    kind: Kind
    file: str
    document: Document = field(repr=False)


@dataclass(frozen=True, slots=True)
class Source:
    """What a document is read from; without a `kind` any YAML will do."""

    kind: Kind | None
    file: str
    data: bytes = field(repr=False)


def load_document(path: Path, cache: Cache | None = None) -> Loaded:
    """One document on its own: ODCS and ODPS by `kind`, ours by their first key.

    A sound one is kept in `cache`, and read from there the next time.

    Raises:
        DocumentError: everything that is wrong with it.
        InputError: it cannot be read.
    """
    file = path.as_posix()
    try:
        if not path.is_file():
            raise InputError("there is no such file" if not path.exists() else "this is no file", where=file)
        if path.stat().st_size > MAX_BYTES:
            message = f"the file is larger than {MAX_BYTES >> 20} MiB"
            raise DocumentError([Problem("MW004", message, file)])
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror}", where=file) from error
    key = cache_key("document", data)
    if cache is not None and (text := cache.get_many([key]).get(key)) is not None:
        kind, document = json.loads(text)
        return Loaded(kind, file, document)
    value = read_value(data, file)
    kind = _kind_of(value, file)
    if problems := check_document(kind, value, file, data):
        raise DocumentError(problems)
    document = _as_mapping(kind, value)
    if cache is not None:
        cache.put_many({key: json.dumps([kind, document], ensure_ascii=False, separators=(",", ":"))})
    return Loaded(kind, file, document)


def _kind_of(value: Any, file: str) -> Kind:
    """What a document says it is."""
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict):
        raise DocumentError(
            [Problem("MW001", "the document must be a mapping of keys to values", file, 1, 1)]
        )
    kind = first.get("kind")
    bitol: dict[Any, Kind] = {"DataContract": "contract", "DataProduct": "product"}
    if isinstance(kind, str) and kind in bitol:
        return bitol[kind]
    ours: tuple[Kind, ...] = ("test", "mesh", "domain", "dashboard")
    if "kind" not in first and "apiVersion" not in first:
        if "policy" in first:
            return "waiver" if "query" not in first and "address" in first else "policy"
        for name in ours:
            if name in first:
                return name
    from meshwright.standards.explain import closest

    guess = closest(kind, list(bitol)) if isinstance(kind, str) else None
    hint = f"did you mean `{guess}`?" if guess else "contracts have `kind: DataContract`"
    message = "the document does not say what it is" if kind is None else f"the kind `{kind}` is unknown"
    raise DocumentError([Problem("MW002", message, file, 1, 1, "kind", hint)])


def _as_mapping(kind: Kind | None, value: Any) -> Document:
    """Test files hold one test or a list; a bundle always holds `{"tests": [...]}`."""
    if kind == "test":
        return {"tests": value if isinstance(value, list) else [value]}
    document: Document = value
    return document


def read_documents(
    sources: Sequence[Source], cache: Cache | None, problems: list[Problem]
) -> list[Document | None]:
    """The document of each source, from the cache or parsed and judged; None where it is wrong."""
    keys = [cache_key(source.kind or "yaml", source.data) for source in sources]
    known = cache.get_many(keys) if cache is not None else {}
    fresh: dict[str, str] = {}
    found: list[Document | None] = []
    for key, source in zip(keys, sources, strict=True):
        if (text := known.get(key)) is not None:
            found.append(json.loads(text))
            continue
        try:
            document = _parse(source)
        except DocumentError as error:
            problems.extend(error.problems)
            found.append(None)
            continue
        found.append(document)
        if cache is not None:
            fresh[key] = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    if cache is not None:
        cache.put_many(fresh)
    return found


def _parse(source: Source) -> Document:
    read = read_value if source.kind == "test" else read_document
    value = read(source.data, source.file)
    if source.kind is not None and (problems := check_document(source.kind, value, source.file, source.data)):
        raise DocumentError(problems)
    return _as_mapping(source.kind, value)
