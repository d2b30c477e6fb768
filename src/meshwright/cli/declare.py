"""Declaring: start a mesh, add products, check what is declared, look at it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from meshwright.cli.options import EnvironmentOption, FormatOption
from meshwright.cli.output import check_format, console, plural, print_json, short, table, width, wrapped
from meshwright.cli.products import product_key
from meshwright.cli.workspace import Workspace, open_workspace
from meshwright.errors import DocumentError, InputError, Problem
from meshwright.model.contract import ContractObject, Property
from meshwright.model.mesh import Mesh, PortRef
from meshwright.model.product import OutputPort, Product

_PURPOSE = 90
"""How many characters of a purpose a list shows at least; they wrap."""


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    for command in (init, validate, list_products, show):
        app.command("list" if command is list_products else None)(command)
    new = typer.Typer(help="Add to a mesh.", no_args_is_help=True)
    new.command("product")(new_product)
    app.add_typer(new, name="new")


def init(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name of the mesh: [a-z][a-z0-9_]*.")],
    folder: Annotated[Path | None, typer.Argument(help="Where; a folder of that name when left out.")] = None,
    format: FormatOption = "text",
) -> None:
    """Start a mesh that applies at once."""
    check_format(format)
    from meshwright.experience.scaffold import init_mesh

    target = context.obj.directory / (folder or name)
    _print_written(target, init_mesh(target, name), f"cd {target}, then `mesh apply`", format)


def new_product(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="DOMAIN/NAME.")],
    format: FormatOption = "text",
) -> None:
    """Add a product that applies at once."""
    check_format(format)
    from meshwright.cli.options import find_root
    from meshwright.experience.scaffold import new_product as scaffold

    root = find_root(context.obj.directory)
    _print_written(root, scaffold(root, name), "`mesh plan`", format)


def _print_written(root: Path, files: tuple[Path, ...], following: str, format: str) -> None:
    shown = [str(file.relative_to(root) if file.is_relative_to(root) else file) for file in files]
    if format == "json":
        print_json({"folder": str(root), "files": shown})
        return
    for file in shown:
        console().print(f"wrote {file}", markup=False)
    console().print(f"Next: {following}.", markup=False)


def validate(
    context: typer.Context,
    path: Annotated[Path | None, typer.Argument(help="A mesh, or one document on its own.")] = None,
    format: FormatOption = "text",
) -> None:
    """Check documents and the rules of the mesh; every error of every file at once."""
    check_format(format)
    target = context.obj.directory / path if path else context.obj.directory
    try:
        checked, problems = _validate(context, target)
    except DocumentError as error:
        checked, problems = "", error.problems
    errors = [problem for problem in problems if problem.severity == "error"]
    if format == "json":
        print_json({"valid": not errors, "problems": [problem.as_json() for problem in problems]})
    else:
        _print_problems(problems)
        if errors:
            files = {problem.file for problem in errors}
            console().print(f"{plural(len(errors), 'error')} in {plural(len(files), 'file')}.", style="red")
        else:
            console().print(checked, style="green", markup=False)
    if errors:
        raise typer.Exit(2)


def _validate(context: typer.Context, target: Path) -> tuple[str, tuple[Problem, ...]]:
    if target.is_file() and target.suffix in (".sql", ".py"):
        raise InputError(
            "a model is no document: it is checked with the mesh",
            where=str(target),
            way_out="run `mesh validate` without a file",
        )
    if target.is_file() and target.name != "mesh.yaml":
        from meshwright.experience.load import load_document

        loaded = load_document(target)
        return f"{target.name} is a valid {loaded.kind}.", ()
    from dataclasses import replace

    if not target.exists():
        raise InputError("there is no such file or folder", where=str(target))
    folder = target.parent if target.is_file() else target
    context.obj = replace(context.obj, directory=folder)
    workspace = open_workspace(context, None, connect=False)
    mesh, problems = workspace.checked()
    owned = sum(product.domain in mesh.owned for product in mesh.products.values())
    return f"Mesh {mesh.name}: {plural(owned, 'product')}, no errors.", problems


def _print_problems(problems: tuple[Problem, ...]) -> None:
    out = console()
    for problem in problems:
        style = "yellow" if problem.severity == "warning" else None
        out.print(wrapped(f"{problem.severity}: {problem}", 0), style=style, markup=False)


def list_products(
    context: typer.Context, environment: EnvironmentOption = None, format: FormatOption = "text"
) -> None:
    """The products of the mesh: of this tree as declared, of others as last applied, the platform's own."""
    from meshwright.supervision.metamodel.own import listed_product

    check_format(format)
    workspace = open_workspace(context, environment, connect=False)
    mesh = workspace.mesh
    rows = [
        _list_row(workspace, product) for _, product in sorted(mesh.products.items()) if mesh.sees(product)
    ]
    rows.append(_list_row(workspace, listed_product(mesh.name)))
    if format == "json":
        print_json({"mesh": mesh.name, "products": rows})
        return
    texts = [(r["product"], r["status"], ", ".join(r["ports"])) for r in rows]
    taken = sum(max(map(len, column)) + 2 for column in zip(*texts, strict=True))
    room = max((width() or 140) - taken, 24)
    table(
        ("product", "status", "ports", "purpose"),
        [(*text, short(row["purpose"], max(room, _PURPOSE))) for text, row in zip(texts, rows, strict=True)],
    )


def _list_row(workspace: Workspace, product: Product) -> dict[str, Any]:
    mesh = workspace.mesh
    reads = []
    for port in product.inputs:
        target = mesh.resolve(port)
        if isinstance(target, PortRef):
            reads.append(str(target.product.key))
        elif target is not None:
            reads.append(target.servers[0].type if target.servers else target.id)
    return {
        "product": str(product.key),
        "status": product.status,
        "ports": [f"{port.name}@{port.major}" for port in product.outputs],
        "addresses": [str(mesh.address(product, port)) for port in product.outputs],
        "reads": list(dict.fromkeys(reads)),
        "purpose": product.description,
    }


def show(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="A product, or an address.")],
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """One product: purpose, ports, contracts, columns, what it reads and who reads it."""
    check_format(format)
    workspace = open_workspace(context, environment, connect=False)
    mesh, product = _shown(workspace, address)
    ports = _ports(product, address)
    readers = [str(key) for key in mesh.downstream.get(product.key, ())]
    if format == "json":
        row = _list_row(workspace, product)
        documents = {f"{p.name}@{p.major}": p.contract.document for p in ports if p.contract}
        print_json({**row, "readers": readers, "document": product.document, "contracts": documents})
        return
    out = console()
    out.print(f"{product.key}  {product.status}", style="bold", markup=False)
    if product.description:
        out.print(wrapped(" ".join(product.description.split()), 0, 0), markup=False)
    row = _list_row(workspace, product)
    out.print(wrapped(f"reads:   {', '.join(row['reads']) or 'nothing'}", 0, 9), markup=False)
    out.print(wrapped(f"read by: {', '.join(readers) or 'nobody'}", 0, 9), markup=False)
    for port in ports:
        out.print(f"\n{mesh.address(product, port)}", style="cyan", markup=False)
        if port.contract:
            out.print(f"contract {port.contract.id} {port.contract.version}", markup=False)
            for obj in port.contract.objects:
                _show_object(obj)


def _shown(workspace: Workspace, address: str) -> tuple[Mesh, Product]:
    """The mesh and the product that an address means; the platform's own product is in every mesh."""
    from dataclasses import replace

    from meshwright.supervision.metamodel.own import OWN, own_product

    mesh = workspace.mesh
    whole = f"mesh://{mesh.name}/{OWN}"
    if address.partition("@")[0] in (
        str(OWN),
        f"{OWN.domain}.{OWN.product}",
        whole,
        f"{whole}/{OWN.product}",
    ):
        product = own_product(mesh.name)
        return replace(mesh, products={**mesh.products, OWN: product}), product
    return mesh, mesh.products[product_key(workspace, address)]


def _ports(product: Product, address: str) -> list[OutputPort]:
    """The output ports that an address means: all of a product, or one name, or one major."""
    plain, _, major = address.partition("@")
    parts = plain.removeprefix("mesh://").split("/")
    name = parts[3] if address.startswith("mesh://") and len(parts) > 3 else None
    found = [p for p in product.outputs if name in (None, p.name) and major in ("", str(p.major))]
    if not found:
        served = ", ".join(f"{port.name}@{port.major}" for port in product.outputs)
        raise InputError(f"{product.key} has no such port: `{address}`", way_out=f"it serves {served}")
    return found


def _show_object(obj: ContractObject) -> None:
    from meshwright.model.types import column_type

    text = " ".join((obj.description or "").split())
    console().print(wrapped(f"\n{obj.table}: {text}" if text else f"\n{obj.table}", 0, 0), markup=False)
    table(
        ("column", "type", "promises", "description"),
        [
            (p.column, str(column_type(p)), ", ".join(_promises(p)), short(p.description))
            for p in obj.properties
        ],
    )


def _promises(prop: Property) -> list[str]:
    found = []
    if prop.primary_key_position is not None:
        found.append("key")
    if prop.required:
        found.append("required")
    if prop.unique:
        found.append("unique")
    if prop.enum:
        found.append(f"one of {len(prop.enum)}")
    found += [name if value is True else f"{name} {value}" for name, value in prop.options.items()]
    if prop.classification:
        found.append(prop.classification)
    return found
