"""The pages of docs/ are current, complete, and name nothing that is not there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from code_blocks import blocks

import meshwright.errors
from meshwright.cli.main import application
from meshwright.experience.settings import read_settings

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "examples").glob("*/README.md"),
        *(ROOT / "src").rglob("templates/**/*.md"),
    ]
)
LINK = re.compile(r"(?<!\!)\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
NO_CODE = re.compile(r"^`{3,}.*?^`{3,}[ \t]*$|^    .*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(path: str | Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


# --- generated pages


def test_generated_pages_are_current():
    done = subprocess.run(
        [sys.executable, "scripts/docs.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_defaults_of_the_settings_page_are_those_of_the_code():
    schema = json.loads(read("docs/schemas/mesh-1.schema.json"))
    keys = schema["$defs"]["Environment"]["properties"]
    said = {key: entry["default"] for key, entry in keys.items() if "default" in entry}
    explicit = {
        key: value.replace("ENV", "dev") if isinstance(value, str) else value for key, value in said.items()
    }
    without = read_settings({"mesh": "shop"}, "/mesh", ()).environments["dev"]
    written = read_settings({"mesh": "shop", "environments": {"dev": explicit}}, "/mesh", ()).environments[
        "dev"
    ]
    assert (written.registry, written.warehouse, written.engine) == (
        without.registry,
        without.warehouse,
        without.engine,
    )
    for key, value in without.settings.items():
        assert written.settings[key] == value


# --- the command line


def commands(group: object = None, prefix: str = "") -> dict[str, set[str]]:
    """Every command by its words, with its options."""
    import typer

    group = group or typer.main.get_command(application())
    found: dict[str, set[str]] = {}
    for word, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= commands(command, f"{prefix}{word} ")
        else:
            options = {opt for p in command.params if p.param_type_name == "option" for opt in p.opts}
            found[f"{prefix}{word}"] = options
    return found


COMMANDS = commands()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_with_its_options(command):
    section = re.search(
        rf"^## mesh {command}\n(.*?)(?=^## |\Z)", read("docs/cli.md"), re.MULTILINE | re.DOTALL
    )
    assert section, f"docs/cli.md has no section `mesh {command}`"
    for option in COMMANDS[command]:
        assert f"`{option}" in section[1]


def typed(text: str) -> list[str]:
    """What a page gives to type: `mesh ...` in code, blocks and sessions."""
    found: list[str] = re.findall(r"`(mesh [^`\n]+)`", text)
    found += re.findall(r"^(?:    |\$ )+(mesh .+)$", text, re.MULTILINE)
    for block in blocks(text):
        if block.language in ("shell", "sh", "bash", ""):
            found += [line for line in block.commands if line.startswith("mesh ")]
    return found


def unknown(line: str) -> list[str]:
    """The command, or the options, of a line that do not exist."""
    line = re.sub(r'"[^"]*"|\s#.*$', "", line)
    words = [word for word in line.split()[1:] if word not in ("-C", "--directory")]
    if line.split()[1:2] == ["-C"]:
        words = words[1:]
    command = next((c for c in COMMANDS if words[: len(c.split())] == c.split()), None)
    if command is None:
        return [line] if words and re.fullmatch(r"[a-z]+", words[0]) and words[0] != "new" else []
    options = {word.partition("=")[0] for word in words if re.match(r"-{1,2}[a-z]", word)}
    return [f"{option} of mesh {command}" for option in options - COMMANDS[command] - {"--help", "-h"}]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_pages_name_commands_and_options_that_exist(page):
    assert [wrong for line in typed(read(page)) for wrong in unknown(line)] == []


def test_messages_name_commands_and_options_that_exist():
    wrong = [
        f"{name(file)}: {each}"
        for file in (ROOT / "src").rglob("*.py")
        for line in re.findall(r"`(mesh [a-z][^`{}\n]*)", file.read_text(encoding="utf-8"))
        for each in unknown(line)
    ]
    assert wrong == []


# --- links


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    for found in LINK.finditer(NO_CODE.sub("", read(page))):
        target, _, anchor = found["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{name(page)}: {found[0]}"
        if anchor and path.suffix == ".md":
            headings = {slug(heading) for heading in HEADING.findall(path.read_text(encoding="utf-8"))}
            assert anchor in headings, f"{name(page)}: {found[0]}"


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        for found in LINK.finditer(page.read_text(encoding="utf-8")):
            target = found["target"].partition("#")[0]
            if target and not re.match(r"[a-z]+:", target) and (page.parent / target).is_file():
                waiting.append((page.parent / target).resolve())
    assert [name(page) for page in (ROOT / "docs").rglob("*.md") if page not in reached] == []


# --- lists that pages give


def test_the_page_of_errors_lists_every_kind_with_its_exit_code():
    kinds, waiting = {}, [meshwright.errors.MeshwrightError]
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        kinds[error.kind] = str(error.exit_code)
    kinds.pop("error")  # the base, which is never raised
    said = dict(re.findall(r"^\| `(\w+)` \| (\d) \|", read("docs/errors.md"), re.MULTILINE))
    assert said == kinds


def test_the_page_of_facts_lists_every_kind():
    texts = [file.read_text(encoding="utf-8") for file in (ROOT / "src/meshwright").rglob("*.py")]
    pattern = (
        r'"((?:domain|product|contract|run|publication|environment|policies|policy|lineage|incident|alert)'
        r'\.[a-z_]+)"'
    )
    recorded = {kind for text in texts if "Event(" in text for kind in re.findall(pattern, text)}
    listed = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", read("docs/facts.md"), re.MULTILINE)
    assert set(listed) == recorded


def test_the_page_of_declarations_lists_every_custom_property():
    from meshwright.experience.rules.mw127_unknown_custom_property import KNOWN

    section = read("docs/declarations.md").split("## Custom properties")[1].split("\n## ")[0]
    listed = {
        word for row in section.splitlines() if row.startswith("| ") for word in re.findall(r"`(\w+)`", row)
    }
    assert {each for names in KNOWN.values() for each in names} <= listed
