"""Verification of a contract on its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from meshwright.cli.options import EnvironmentOption, find_root
from meshwright.cli.output import check_format, print_styled, print_text, rule, width, wrapped
from meshwright.errors import BuildError, DriftError, InputError

if TYPE_CHECKING:
    from meshwright.experience.cache import Cache
    from meshwright.experience.verification.report import Report
    from meshwright.model.contract import Contract, ContractObject, Server
    from meshwright.model.product import Environment
    from meshwright.provisioning.ports import Secrets

FORMATS = ("text", "json", "junit", "oors", "github", "html")

_ENDINGS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
"""Formats of files by the end of their names."""


_STORES = {
    **dict.fromkeys(("s3", "s3a"), "s3"),
    **dict.fromkeys(("gs", "gcs"), "gcs"),
    **dict.fromkeys(("az", "abfs", "abfss"), "azure"),
}
"""Types of servers by the schemes of addresses in object stores."""


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(verify)


def verify(
    context: typer.Context,
    contract: Annotated[Path, typer.Argument(help="An ODCS contract.")],
    server: Annotated[
        str | None, typer.Option(help="Which of the contract's servers; the only one when left out.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="Files to verify instead of a server's: a file, a folder or a pattern."),
    ] = None,
    object: Annotated[
        list[str] | None, typer.Option(help="Objects to verify; all of the contract's when left out.")
    ] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=REFERENCE",
            help="A secret of the server: `user=env:NAME`, `password=file:PATH`. In a mesh those of its "
            "environment are known.",
        ),
    ] = None,
    environment: EnvironmentOption = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Checks that were skipped count as failed.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Count everything again, whatever is remembered.")
    ] = False,
    format: Annotated[str, typer.Option(help=f"How to report: {', '.join(FORMATS)}.")] = "text",
    out: Annotated[
        Path | None, typer.Option(help="Write the report to this file, and print the text.")
    ] = None,
) -> None:
    """Check data against a contract, where they are, with no mesh around it."""
    check_format(format, FORMATS)
    target = _checked(context.obj.directory / out) if out is not None else None
    try:
        secrets = _secrets(context.obj.directory, secret or (), environment)
        report = _verify(context.obj.directory, contract, server, data, object or (), secrets, fresh)
    except (BuildError, DriftError) as error:  # nothing could be verified: that is no verdict
        raise InputError(error.what, where=error.where, why=error.why, way_out=error.way_out) from error
    if target is not None:
        _write(target, _rendered(report, format))
    _print(report, format if target is None else "text")
    raise typer.Exit(report.exit_code(strict))


def _verify(
    directory: Path,
    path: Path,
    server: str | None,
    data: str | None,
    names: Sequence[str],
    secrets: Secrets,
    fresh: bool,
) -> Report:
    from meshwright.experience.cache import Cache
    from meshwright.experience.verification.remembered import (
        RememberedCounts,
        RememberedMeasures,
        RememberedNotes,
    )
    from meshwright.experience.verification.verify import choose_objects, choose_server, verify_contract
    from meshwright.model.product import Source
    from meshwright.wiring import custom_engines, engine_identity, verification

    with tempfile.TemporaryDirectory(prefix="mesh-verify-") as folder, Cache.of_user() as cache:
        declared = _contract(_from_here(directory / path), cache)
        objects = choose_objects(declared, names)
        chosen = _given(declared, objects, data, directory) if data else choose_server(declared, server)
        notes = None if fresh else RememberedNotes(cache)
        engine, readers = verification(directory, Path(folder), secrets, notes)
        if chosen.type not in readers:
            raise InputError(
                f"servers of type `{chosen.type}` cannot be verified",
                where=f"{declared.file}: server {chosen.name}",
                way_out=f"one of {', '.join(sorted(readers))}, or name files with --data PATH",
            )
        identity = engine_identity()
        return verify_contract(
            Source(declared, chosen),
            objects,
            readers[chosen.type],
            engine,
            Path(folder),
            None if fresh else RememberedCounts(cache),
            custom_engines,
            None if fresh or identity is None else RememberedMeasures(cache, identity),
        )


def _from_here(path: Path) -> Path:
    """A path below the working folder as seen from there, as reports that are sent on shall name it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _secrets(directory: Path, given: Sequence[str], environment: str | None) -> Secrets:
    """The secrets of servers: those given by reference, before those of the mesh's environment.

    Raises:
        InputError: one is not given as KEY=REFERENCE, or there is no such environment.
    """
    from meshwright.provisioning.secrets import SecretValues, resolve, secrets_for

    references: dict[str, str] = {}
    for text in given:
        key, sign, reference = text.partition("=")
        if not sign or not key.strip():
            raise InputError(
                "a secret is given as KEY=REFERENCE",
                way_out="write --secret password=env:NAME or --secret password=file:PATH",
            )
        references[key.strip()] = reference
    root = find_root(directory)
    in_mesh = (root / "mesh.yaml").exists()
    if environment is not None and not in_mesh:
        raise InputError(
            f"there is no mesh here, so no environment `{environment}`", way_out="give secrets with --secret"
        )
    chosen = _environment(root, environment) if environment is not None else None

    def values(server: str) -> Mapping[str, str]:
        own = {
            key: resolve(reference, directory, os.environ, server=server, key=key)
            for key, reference in references.items()
        }
        if not in_mesh:
            return SecretValues(own)
        around = secrets_for(chosen or _environment(root, None), os.environ, root)
        return SecretValues({**around(server), **own})

    return values


def _environment(root: Path, name: str | None) -> Environment:
    from meshwright.experience.documents import load_document
    from meshwright.experience.settings import read_settings

    settings = read_settings(load_document(root / "mesh.yaml").document, str(root), ())
    name = name or settings.default_environment
    if name not in settings.environments:
        raise InputError(
            f"there is no environment `{name}`",
            where="mesh.yaml",
            way_out=f"use one of {', '.join(settings.environments)}, or declare it",
        )
    return settings.environments[name]


def _contract(path: Path, cache: Cache) -> Contract:
    from meshwright.experience.documents import load_document
    from meshwright.standards.odcs import read_contract

    loaded = load_document(path, cache)
    if loaded.kind != "contract":
        raise InputError(f"this is a {loaded.kind}, not a contract", where=str(path))
    return read_contract(loaded.document, loaded.file)


def _given(contract: Contract, objects: Sequence[ContractObject], data: str, directory: Path) -> Server:
    """A server for files that are named on the command line."""
    from meshwright.model.contract import Server

    if "://" in data:
        return _in_store(data)
    path = Path(data)
    if any(_holds_tables(directory / data.replace("{object}", obj.table)) for obj in objects):
        return Server(data, "iceberg", None, {"location": str(directory / path)})
    name = path.name.removesuffix(".gz").removesuffix(".zst")
    form = _ENDINGS.get(Path(name).suffix.lower())
    if form is None and any(_holds_delta(directory / data.replace("{object}", o.table)) for o in objects):
        form = "delta"
    if form is None and (directory / path).is_dir():
        form = _form_of_folder(directory / path)
    if form is None:
        raise InputError(
            f"the format of `{data}` cannot be told from its name",
            way_out=f"name files that end in {', '.join(_ENDINGS)}",
        )
    if len(objects) > 1 and "{object}" not in data and not (directory / path).is_dir():
        raise InputError(
            f"`{data}` holds the rows of one object, and the contract has {len(objects)}",
            where=contract.file,
            way_out="choose with --object NAME, or name a folder or a pattern with `{object}` in it",
        )
    delimiter = {"delimiter": "\t"} if name.endswith(".tsv") else {}
    return Server(data, "local", None, {"path": str(directory / path), "format": form, **delimiter})


def _in_store(data: str) -> Server:
    from meshwright.model.contract import Server

    scheme = data.partition("://")[0]
    kind = _STORES.get(scheme)
    if kind is None:
        raise InputError(
            f"`{data}` cannot be read", way_out=f"name a file, or begin with {', '.join(_STORES)}"
        )
    return Server(data, kind, None, {"location": data})


def _holds_tables(path: Path) -> bool:
    """Whether this is an Iceberg table's folder, its metadata, or a folder of such tables."""
    if path.is_dir():
        return any(True for part in ("metadata", "*/metadata") for _ in path.glob(f"{part}/*.metadata.json"))
    return path.name.endswith(".metadata.json") and path.is_file()


def _holds_delta(path: Path) -> bool:
    """Whether this is a Delta table's folder, or a folder of such tables."""
    return any(part.is_dir() for pattern in ("_delta_log", "*/_delta_log") for part in path.glob(pattern))


def _form_of_folder(folder: Path) -> str | None:
    found = (file for file in sorted(folder.rglob("*")) if file.is_file())
    names = (file.name.removesuffix(".gz").removesuffix(".zst") for file in found)
    return next((form for name in names if (form := _ENDINGS.get(Path(name).suffix.lower()))), None)


def _checked(path: Path) -> Path:
    """A file that can be written, known before anything is verified."""
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(
            f"`{path}` cannot be written",
            why="it is a folder" if path.is_dir() else f"there is no folder `{path.parent}`",
            way_out="name a file with --out FILE",
        )
    return path


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise InputError(f"`{path}` cannot be written", why=error.strerror or str(error)) from error


def _rendered(report: Report, form: str) -> str:
    from meshwright.cli.verified import told
    from meshwright.experience.verification.formats import render

    if form == "text":
        return f"{told(report, 80)}{fill(report.summary, 80)}\n"
    return render(report, form)


def _print(report: Report, form: str) -> None:
    from meshwright.cli.verified import told

    if form != "text":
        print_text(_rendered(report, form))
        return
    print_text(told(report, width(), rule()))
    style = {0: "green", 1: "red", 2: "red"}[report.exit_code()]
    print_styled(wrapped(report.summary, 0, 0), style)
