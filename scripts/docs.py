"""Write the generated pages of docs/; with --check, say which of them are not current.

python scripts/docs.py [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from meshwright.experience.compatibility import page as compatibility
from meshwright.experience.contracts import pages as checks
from meshwright.experience.rules import pages as rules
from meshwright.supervision.metamodel import page as tables
from meshwright.supervision.policy import page as policies

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
FOLDERS = ("checks", "policies", "rules", "schemas")
"""Folders of docs/ in which every file is generated."""

OURS = {
    "mesh-1.schema.json": "`mesh.yaml`",
    "domain-1.schema.json": "`domains/DOMAIN/domain.yaml`",
    "test-1.schema.json": "`domains/DOMAIN/PRODUCT/tests/*.yaml`",
    "dashboard-1.schema.json": "`domains/DOMAIN/PRODUCT/dashboards/*.yaml`",
    "policy-1.schema.json": "`policies/*.yaml` and `domains/DOMAIN/policies/*.yaml`",
    "waiver-1.schema.json": "`policies/waivers/*.yaml` and `domains/DOMAIN/policies/waivers/*.yaml`",
}
"""The schemas of our own documents, and what they are for."""


def generated() -> Mapping[str, str]:
    """Every generated file of docs/ by its path there."""
    files = {f"rules/{name}": text for name, text in rules.rendered().items()}
    files |= checks.rendered()
    files |= {f"policies/{name}": text for name, text in policies.rendered().items()}
    files["compatibility.md"] = compatibility.rendered()
    files["mesh-tables.md"] = tables.rendered()
    files["cli.md"] = cli_page()
    files["settings.md"] = settings_page()
    files["schemas/README.md"] = schemas_page()
    for name in OURS:
        files[f"schemas/{name}"] = schema_text(name)
    return files


# --- the command line

_CLI = """# The command `mesh`

Each command works on the mesh around the working folder: the nearest `mesh.yaml` at or above it.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | the answer is no: checks failed, a test failed, the plan is refused, somebody else moved first |
| 2 | it could not run: bad input, a missing part, a system that does not answer |

| command | exits 1 when |
| --- | --- |
| `mesh plan`, `mesh ci` | the plan is refused |
| `mesh apply` | the plan is refused, the environment has moved, or a product was not published |
| `mesh run` | a product was not published (with `--due`, busy ones do not count), or is another tree's |
| `mesh test` | a test failed |
| `mesh policy check` | a policy of severity `error` is broken, or a policy or waiver is wrong |
| `mesh policy test` | an example is not as it says |
| `mesh rollback`, `mesh unpin` | a run of the product is under way, or it is another tree's |
| `mesh query` | the product has published nothing, or is retired |

`mesh lineage`, `mesh impact`, `mesh incidents` and `mesh watch` exit 0 whatever they find.
`mesh validate` exits 2 when it finds an error; warnings alone do not count. Ctrl-C exits 130.

With `--format json` the result is one JSON value on standard output, and so is an error
([errors](errors.md)). Colours appear on a terminal only.

Values of `mesh query` have one type per column. In JSON a decimal column with decimal places is text
(`"12.50"`), so that no digit is lost; whole numbers are numbers; `NaN` and infinite numbers, which JSON has
not, are null. Dates and times are ISO 8601, and so are intervals in every format (`P1Y2M3DT4.5S`); bytes are
hexadecimal digits. `total` is the number of rows before `--limit`. In CSV null is nothing, and lists and
structures are JSON.
"""


def cli_page() -> str:
    """`cli.md`: every command with its arguments and options, as the command line has them."""
    import typer

    from meshwright.cli.main import application

    root: Any = typer.main.get_command(application())
    lines = [_CLI.rstrip(), "", "## Options before the command", "", *_options(root)]
    lines += ["", "## Commands", "", "| command | what it does |", "| --- | --- |"]
    commands = list(_commands(root, "mesh"))
    lines += [f"| [`{name}`](#{_anchor(name)}) | {_first(command.help)} |" for name, command in commands]
    for name, command in commands:
        lines += ["", f"## {name}", "", _paragraph(command.help), "", *_usage(name, command)]
        options = _options(command)
        if options:
            lines += ["", *options]
    return "\n".join(lines) + "\n"


def _commands(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


def _arguments(command: Any) -> list[Any]:
    return [each for each in command.params if each.param_type_name == "argument"]


def _usage(name: str, command: Any) -> list[str]:
    words = [name]
    for argument in _arguments(command):
        word = argument.name.upper() + ("..." if argument.nargs == -1 else "")
        words.append(word if argument.required else f"[{word}]")
    return [f"    {' '.join(words)} [OPTIONS]"]


def _options(command: Any) -> list[str]:
    rows = ["| argument or option | meaning |", "| --- | --- |"]
    for each in command.params:
        default = "" if each.default in (None, False, Path()) else f" Default: `{each.default}`."
        if each.param_type_name == "argument":
            rows.append(f"| `{each.name.upper()}` | {_paragraph(each.help)} |")
            continue
        value = "" if isinstance(each.default, bool) or not _takes_value(each) else f" {_value(each)}"
        names = ", ".join(f"`{option}{value}`" for option in each.opts)
        needed = " Required." if each.required else ""
        rows.append(f"| {names} | {_paragraph(each.help)}{needed}{default} |")
    return rows if len(rows) > 2 else []


def _takes_value(option: Any) -> bool:
    return not getattr(option, "is_flag", False)


def _value(option: Any) -> str:
    return str(option.metavar or option.name.upper())


def _paragraph(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _first(text: str | None) -> str:
    return _paragraph(text).split(". ")[0].rstrip(".")


# --- settings and schemas

_SETTINGS = """# Settings: `mesh.yaml`

The file names the mesh, the domains that this tree owns, and the environments that it is deployed to. It is
closed: an unknown key is an error. Its [JSON Schema](schemas/mesh-1.schema.json) gives completion in editors
that know the YAML language server, with this first line:

    # yaml-language-server: $schema=PATH/TO/docs/schemas/mesh-1.schema.json

Paths are relative to the folder of `mesh.yaml`; `ENV` below stands for the environment's name.
"""

_AFTER_SETTINGS = """
## Secrets

A secret is never in a file of the mesh, only a reference to it: `env:NAME` is an environment variable,
`file:PATH` a file whose last line break does not count. `secrets` of an environment gives them by the name
that the server has in its contract; a bare reference is `{token: ...}`. The password of the registry itself
is given under the name `registry`, the token that writers of the [API](api.md) need under `serve`; those of
[alerts](monitoring.md) are under `smtp` and `alerts`. Which keys a source takes is in [sources](sources.md).
"""


def settings_page() -> str:
    """`settings.md`: the keys of mesh.yaml, from its JSON schema."""
    schema = json.loads(schema_text("mesh-1.schema.json"))
    environment = schema["$defs"]["Environment"]
    lines = [_SETTINGS.rstrip(), "", *_keys(schema, schema)]
    lines += ["", "## Environments", "", "Below `environments.ENV`; all of them may be left out.", ""]
    lines += _keys(environment, schema)
    lines += ["", "## Alerts", "", "Below `environments.ENV.alerts`; see [monitoring](monitoring.md).", ""]
    lines += _keys(schema["$defs"]["Alerts"], schema)
    return "\n".join(lines) + "\n" + _AFTER_SETTINGS


def _keys(part: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    rows = ["| key | value | meaning | default |", "| --- | --- | --- | --- |"]
    for name, entry in part["properties"].items():
        required = "**required**" if name in part.get("required", ()) else ""
        default = entry.get("default")
        shown = f"`{default}`" if default is not None else str(entry.get("x-default", ""))
        meaning = entry.get("description", "")
        rows.append(f"| `{name}` | {_kind(entry, schema)} | {meaning} | {required or shown} |")
    return rows


def _kind(entry: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "$ref" in entry:
        target = schema["$defs"][entry["$ref"].rpartition("/")[2]]
        if target.get("pattern") == "^[a-z][a-z0-9_]*$":
            return "name"
        entry = target
    kind = {"string": "text", "integer": "number", "object": "mapping"}.get(entry["type"], entry["type"])
    return f"list of {_kind(entry['items'], schema)}s" if entry["type"] == "array" else kind


def schema_text(name: str) -> str:
    """A schema as the package has it."""
    folder = resources.files("meshwright.standards") / "schemas"
    return (folder / name).read_text(encoding="utf-8")


def schemas_page() -> str:
    """The index of the published schemas."""
    rows = [f"| [{name}]({name}) | {what} |" for name, what in OURS.items()]
    return "\n".join(
        [
            "# Schemas of our own documents",
            "",
            "JSON Schema, draft 2019-09; the number in the name grows when a document that was accepted",
            "no longer is. Products and contracts follow Bitol's standards, which publish theirs:",
            "[ODPS](https://github.com/bitol-io/open-data-product-standard) and",
            "[ODCS](https://github.com/bitol-io/open-data-contract-standard).",
            "",
            "| schema | of |",
            "| --- | --- |",
            *rows,
            "",
        ]
    )


# --- writing and checking


def differences() -> list[str]:
    """The generated files that are missing, not current, or no longer made; relative to docs/."""
    files = generated()
    wrong = [name for name, text in files.items() if _on_disk(DOCS / name) != text]
    for folder in FOLDERS:
        there = {path.relative_to(DOCS).as_posix() for path in (DOCS / folder).glob("*") if path.is_file()}
        wrong += sorted(there - files.keys())
    return wrong


def write() -> list[str]:
    """Make docs/ current; gives what was written or removed."""
    files, changed = generated(), differences()
    for name in changed:
        path = DOCS / name
        if name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[name], encoding="utf-8")
        else:
            path.unlink()
    return changed


def _on_disk(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a page is old")
    check = parser.parse_args().check
    changed = differences() if check else write()
    for name in changed:
        sys.stdout.write(f"docs/{name} {'is not current: run `make docs`' if check else 'written'}\n")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
