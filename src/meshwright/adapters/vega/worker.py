"""The process that draws: a specification a line comes in, an answer a line goes out.

It runs as a program of its own (`python worker.py`), so that what a specification makes Vega do can end this
process and no other. It reads no file and no address that a specification names.
"""

from __future__ import annotations

import json
import sys

MEMORY = 1 << 30
"""Bytes of data that the process may hold: where the system can limit them."""


def limit_memory() -> None:
    """Hold what the process allocates below `MEMORY`."""
    try:
        import resource
    except ImportError:  # not a system that has limits
        return
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Draw until nobody asks any more."""
    limit_memory()
    import vl_convert

    answers = sys.stdout.buffer
    for line in sys.stdin.buffer:
        try:
            svg = vl_convert.vegalite_to_svg(line.decode(), allowed_base_urls=[], show_warnings=False)
            answer = {"svg": svg}
        except Exception as error:  # noqa: BLE001 (whatever Vega says is the answer)
            answer = {"error": str(error)}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
