"""Errors, as people and as programs read them."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from meshwright.cli.output import wrapped
from meshwright.errors import InputError, MeshwrightError


@contextmanager
def guarded(words: Sequence[str]) -> Iterator[None]:
    """Print Meshwright's errors and exit with their code: 1 the answer is no, 2 it could not run."""
    try:
        yield
    except MeshwrightError as error:
        if wants_json(words):
            sys.stdout.write(json.dumps({"error": error.as_json()}, indent=2, default=str) + "\n")
        else:
            text = f"error: {error}"
            sys.stderr.write((wrapped(text, 0) if sys.stderr.isatty() else text) + "\n")
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        raise SystemExit(130) from None


@contextmanager
def usage_errors() -> Iterator[None]:
    """What is wrong with the words of a command line, as an error of ours.

    Raises:
        InputError: an option is unknown, an argument is missing, a value is not of its kind.
    """
    from typer import BadParameter

    usage_error: Any = BadParameter.__base__  # typer has a click of its own, and shows this much of it
    try:
        yield
    except usage_error as error:
        command = error.ctx.command_path if error.ctx else "mesh"
        raise InputError(error.format_message(), way_out=f"see `{command} --help`") from None


def wants_json(words: Sequence[str]) -> bool:
    """Whether `--format json` is on the command line."""
    return "--format=json" in words or ("--format", "json") in itertools.pairwise(words)
