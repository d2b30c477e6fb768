"""The command `mesh`. Only the module of the command that was typed is loaded."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from meshwright import __version__

if TYPE_CHECKING:
    import typer

COMMANDS: Mapping[str, str] = {
    "init": "declare",
    "new": "declare",
    "validate": "declare",
    "list": "declare",
    "show": "declare",
    "plan": "deploy",
    "apply": "deploy",
    "ci": "deploy",
    "run": "operate",
    "status": "operate",
    "history": "operate",
    "rollback": "operate",
    "unpin": "operate",
    "gc": "operate",
    "facts": "operate",
    "incidents": "monitor",
    "watch": "monitor",
    "quarantine": "quarantine",
    "dashboard": "dashboards",
    "report": "reports",
    "query": "consume",
    "catalogue": "catalogue",
    "search": "search",
    "policy": "policy",
    "lineage": "lineage",
    "impact": "lineage",
    "test": "testing",
    "verify": "verify",
    "serve": "serve",
}
"""Each command, and the module of this package that has it."""

YOUNG_OBJECTS = 50_000
"""New objects before a look for cycles: a command makes many that live until it ends, so the
interpreter's default (700) costs a tenth of its time."""

MEMORY_POOL = "system"
"""Where Arrow takes its memory from, unless told otherwise: its default (mimalloc) holds a fifth more
for many small arrays, and the system is at times three times as long at giving it."""

_OPTIONS_WITH_VALUE = frozenset({"--directory", "-C"})


def settle() -> None:
    """Begin a process as every command does; before anything else is loaded."""
    gc.set_threshold(YOUNG_OBJECTS)
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", MEMORY_POOL)


def entry() -> NoReturn:
    """The console script: what `main` does, without taking the loaded modules apart at the end.

    That takes longer than most commands. Nothing waits for it: a process may be killed at any
    instruction, and output is flushed here.
    """
    settle()
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001 (it is told below)
        sys.excepthook(*sys.exc_info())
        code = 1
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads any more
        code = 1
    os._exit(code if isinstance(code, int) else int(code is not None))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; never returns. Exit codes: 0 done, 1 the answer is no, 2 it could not run."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        sys.stdout.write(f"meshwright {__version__}\n")
        raise SystemExit(0)
    from meshwright.cli.failures import guarded, usage_errors, wants_json

    with guarded(words):
        app = application(command_of(words))
        if not wants_json(words):
            app(args=words, prog_name="mesh", standalone_mode=True)
        with usage_errors():
            raise SystemExit(app(args=words, prog_name="mesh", standalone_mode=False))


def command_of(words: Sequence[str]) -> str | None:
    """The command among the words of a command line, if it is one of ours."""
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in _OPTIONS_WITH_VALUE:
            skip = True
        elif not word.startswith("-"):
            return word if word in COMMANDS else None
    return None


def application(command: str | None = None) -> typer.Typer:
    """The application with this command, or with all of them."""
    import typer

    from meshwright.cli.options import set_up

    app = typer.Typer(
        name="mesh",
        help="Meshwright: declare data products in open standards; plan, build, verify and publish them.",
        no_args_is_help=True,
        add_completion=command is None,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(set_up)
    modules = [COMMANDS[command]] if command else list(dict.fromkeys(COMMANDS.values()))
    for name in modules:
        module: Any = import_module(f"meshwright.cli.{name}")
        module.register(app)
    return app
