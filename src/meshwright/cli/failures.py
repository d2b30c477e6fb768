"""Errors, as people and as programs read them."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from meshwright.errors import MeshwrightError


@contextmanager
def guarded(words: Sequence[str]) -> Iterator[None]:
    """Print Meshwright's errors and exit with their code: 1 the answer is no, 2 it could not run."""
    try:
        yield
    except MeshwrightError as error:
        if _wants_json(words):
            sys.stdout.write(json.dumps({"error": error.as_json()}, indent=2, default=str) + "\n")
        else:
            sys.stderr.write(f"error: {error}\n")
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        raise SystemExit(130) from None


def _wants_json(words: Sequence[str]) -> bool:
    return "--format=json" in words or ("--format", "json") in itertools.pairwise(words)
