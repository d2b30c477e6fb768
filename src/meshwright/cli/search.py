"""Finding things of the mesh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from meshwright.cli.options import EnvironmentOption, FormatOption
from meshwright.cli.output import check_format, plural, print_json, print_text, width
from meshwright.cli.workspace import open_workspace
from meshwright.errors import InputError
from meshwright.model.printable import printable

if TYPE_CHECKING:
    from meshwright.cli.workspace import Workspace
    from meshwright.supervision.search.answer import Answer, FoundThing, Spans
    from meshwright.supervision.search.search import MeshSearch

_LEAST_WIDTH = 40
_WIDTH = 100
_VALUES = 6
"""Values of a facet that are shown; JSON has them all."""

_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"

WordsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="WORDS", help="Words, or a question as one would ask it.")
]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(search)


def search(
    context: typer.Context,
    words: WordsArgument = None,
    facet: Annotated[
        list[str] | None,
        typer.Option(
            "--facet",
            "-f",
            help="`NAME=VALUE`: only those; several of one name are alternatives. Names: `type`, `domain`, "
            "`status`, `classification`, `owner`, `tag`, `source`, `product_type`.",
        ),
    ] = None,
    type: Annotated[
        str | None,
        typer.Option(
            "--type", help="`product`, `object`, `column`, `port`, `domain` or `term`: `--facet type=...`."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to print.")] = 10,
    semantic: Annotated[
        bool,
        typer.Option("--semantic", help="By meaning too: takes the extra `semantic`, and some seconds more."),
    ] = False,
    environment: EnvironmentOption = None,
    format: FormatOption = "text",
) -> None:
    """Find products, tables, columns and terms: by words, misspelt ones too, or by a question."""
    from meshwright.supervision.search.question import Question

    check_format(format)
    filters = _filters([*(facet or ()), *([f"type={type}"] if type else ())])
    text = " ".join(words or ())
    if not text.strip() and not filters:
        raise InputError(
            "nothing is asked for", way_out='say some words: `mesh search "vacant buildings"`, or a --facet'
        )
    found, current = _open_search(open_workspace(context, environment, applied=True), semantic)
    answer = found.ask(Question(text, filters, limit), current)
    if format == "json":
        print_json(answer.as_json())
    else:
        print_text("".join(f"{line}\n" for line in _lines(answer)))


def _filters(said: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in said:
        name, sign, value = each.partition("=")
        if not sign or not value:
            raise InputError(f"`{each}` is no facet", way_out="write NAME=VALUE, as in domain=brokerage")
        found.setdefault(name.strip(), []).append(value)
    return found


def _lines(answer: Answer) -> Iterator[str]:
    room = max(_LEAST_WIDTH, width() or _WIDTH)
    styled = _styled()
    if not answer.current:
        yield "Another process renews the index; this is how the mesh was before."
    for word, others in answer.corrected.items():
        yield f"Nothing has `{printable(word)}`; looked for {', '.join(map(printable, others))}."
    if not answer.found:
        yield "Nothing is found."
        return
    for number, each in enumerate(answer.found):
        if number:
            yield ""
        yield from _told(each, room, styled)
    yield ""
    counted = (
        "" if answer.exact and answer.counted == answer.total else f"; the best {answer.counted:,} count here"
    )
    more = "" if answer.exact else "more than "
    yield f"{len(answer.found):,} of {more}{plural(answer.total, 'thing')}{counted}."
    for name, values in answer.facets.items():
        if len(values) > 1:
            shown = ", ".join(f"{printable(value)} {count:,}" for value, count in values[:_VALUES])
            more = f", and {len(values) - _VALUES} more" if len(values) > _VALUES else ""
            yield from _wrapped(f"  {name}: {shown}{more}", (), room, 4, False)


def _told(each: FoundThing, room: int, styled: bool) -> Iterator[str]:
    """A thing in three lines: what it is called, what it means, where it is."""
    title = _marked(each.title, each.marks["title"], styled)
    kind = each.type if each.data_type is None else f"{each.type}, {each.data_type}"
    notes = printable(", ".join([kind, *([each.label] if each.label else []), *_notes(each)]))
    yield f"{title}  {_dimmed(f'({notes})', styled)}"
    if each.description:
        text, marks = _flat(each.description, each.marks["description"])
        yield from _wrapped(text, marks, room - 2, 2, styled, 2)
    yield f"  {_dimmed(printable(each.address), styled)}"


def _notes(each: FoundThing) -> Iterator[str]:
    if each.status and each.status != "active":
        yield each.status
    if each.classification:
        yield each.classification
    if each.trouble:
        yield each.trouble


def _flat(text: str, marks: Spans) -> tuple[str, Spans]:
    """A text on one line; every character stays in its place."""
    return "".join(" " if each.isspace() else each for each in text), marks


def _wrapped(text: str, marks: Spans, room: int, hanging: int, styled: bool, most: int = 3) -> Iterator[str]:
    """At most so many lines of a text, with its marks."""
    lines: list[tuple[int, int]] = []
    start = 0
    while start < len(text) and len(lines) < most:
        end = min(len(text), start + room)
        if end < len(text):
            space = text.rfind(" ", start + 1, end + 1)
            end = space if space > start else end
        lines.append((start, end))
        start = end + 1 if text[end : end + 1] == " " else end
    for number, (first, last) in enumerate(lines):
        inside = [(max(a, first) - first, min(b, last) - first) for a, b in marks if a < last and b > first]
        cut = " ..." if number == most - 1 and last < len(text) else ""
        yield (
            " " * (hanging if number or hanging == 2 else 0) + _marked(text[first:last], inside, styled) + cut
        )


def _marked(text: str, marks: Spans, styled: bool) -> str:
    if not styled:
        return printable(text)
    parts, at = [], 0
    for start, end in marks:
        parts += [printable(text[at:start]), _BOLD, printable(text[start:end]), _PLAIN]
        at = end
    return "".join([*parts, printable(text[at:])])


def _dimmed(text: str, styled: bool) -> str:
    return f"{_DIM}{text}{_PLAIN}" if styled else text


def _styled() -> bool:
    import os
    import sys

    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and "NO_COLOR" not in os.environ)


def _open_search(workspace: Workspace, semantic: bool) -> tuple[MeshSearch, bool]:
    """Search over what is applied, and whether its index is that of the mesh as it is now.

    Raises:
        MissingPart: `semantic` is wanted and not installed.
    """
    from meshwright.supervision.search.renewal import is_current
    from meshwright.supervision.search.search import MeshSearch
    from meshwright.wiring import open_readable, search_index, search_meanings

    name, folder = (
        workspace.raw.settings.name,
        workspace.root / ".mesh" / workspace.environment.name / "search",
    )
    meanings = search_meanings(folder) if semantic else None
    index, current = search_index(folder), True
    with open_readable(workspace.environment, workspace.root).reading(workspace.environment.name) as reading:
        if not is_current(index, name, reading.token()):
            from meshwright.supervision.metamodel.tables import MeshTables
            from meshwright.supervision.search.documents import RELATIONS
            from meshwright.supervision.search.renewal import renew

            current = renew(index, MeshTables.empty(name, RELATIONS).refreshed(reading)).current
    if meanings is not None:
        from meshwright.supervision.search.meaning import learn

        learn(meanings, index.view())
    return MeshSearch(index, name, meanings), current
