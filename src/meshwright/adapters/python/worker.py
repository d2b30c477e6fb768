"""The child process of a Python model: reads its order from standard input, runs the model once.

The order is JSON with `text`, `where`, `inputs` (parameter -> descriptor), `result` and `status`
(descriptors), `scratch`, `isolate`, `parent`, `memory` and `seconds`. The result is an Arrow IPC
stream; the status is one JSON object. Only the standard library and pyarrow are used.
"""

from __future__ import annotations

import contextlib
import json
import linecache
import os
import site
import sys
import sysconfig
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from meshwright.adapters.python import sandbox

ROWS = 1 << 16
"""Rows of a batch, at most."""

SPARE = 32 << 20
"""Memory that is only released to report that the memory was not enough."""

READABLE = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/urandom",
    "/dev/random",
    "/dev/zero",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
)
"""What an interpreter and its libraries read besides themselves."""


def main() -> None:
    """Run the order and end the process."""
    order = json.loads(sys.stdin.buffer.read())
    sandbox.die_with_parent(order["parent"])
    _empty_stdin()
    memory = _Memory()
    code = 1
    try:
        if order["isolate"]:
            sandbox.isolate(_readable(), [order["scratch"], "/dev/null"])
        os.chdir(order["scratch"])
        _run(order, memory)
        status: dict[str, Any] = {"ok": True}
        code = 0
    except BaseException as error:  # noqa: BLE001 (whatever a model raises is its result)
        memory.give_spare()
        status = _failure(error, order)
    status["peak"] = memory.peak()
    sys.stdout.flush()
    sys.stderr.flush()
    with contextlib.suppress(OSError):
        os.write(order["status"], json.dumps(status).encode())
    os._exit(code)


def _empty_stdin() -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _readable() -> list[str]:
    named = sysconfig.get_paths()
    own = [named[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return [*dict.fromkeys([*own, *site.getsitepackages(), *_library_folders(), *READABLE])]


def _library_folders() -> list[str]:
    folder = sysconfig.get_config_var("LIBDIR")
    return [folder] if folder else []


def _run(order: dict[str, Any], memory: _Memory) -> None:
    import pyarrow as pa

    memory.limit(order["memory"], order["seconds"])
    function = _load(order["text"], order["where"])
    inputs = {
        name: pa.ipc.open_stream(os.fdopen(descriptor, "rb")) for name, descriptor in order["inputs"].items()
    }
    returned = function(**inputs)
    if isinstance(returned, pa.Table):
        returned = returned.to_reader(max_chunksize=ROWS)
    if not isinstance(returned, pa.RecordBatchReader):
        kind = type(returned)
        raise _WrongShape(
            f"`model` returned {kind.__module__}.{kind.__qualname__}, "
            "not a pyarrow.Table or pyarrow.RecordBatchReader"
        )
    with os.fdopen(order["result"], "wb", buffering=1 << 20) as file:
        _write(returned, file)


def _write(reader: Any, file: BinaryIO) -> None:
    import pyarrow as pa

    with pa.ipc.new_stream(file, reader.schema) as writer:
        for batch in reader:
            for start in range(0, batch.num_rows, ROWS):
                writer.write_batch(batch.slice(start, ROWS))


def _load(text: str, where: str) -> Callable[..., Any]:
    module = types.ModuleType("meshwright_model")
    module.__file__ = where
    sys.modules[module.__name__] = module
    linecache.cache[where] = (len(text), None, text.splitlines(keepends=True), where)
    exec(compile(text, where, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 (its purpose)
    function = getattr(module, "model", None)
    if not callable(function):
        raise _WrongShape("the file defines no function `model`")
    return function  # type: ignore[no-any-return]


class _WrongShape(TypeError):
    """The file has no function `model`, or that returned no table."""


_SAYS_NO_DATA = (SyntaxError, ImportError, NameError, ZeroDivisionError)
"""Errors of a model whose messages are about its text."""


def _failure(error: BaseException, order: dict[str, Any]) -> dict[str, Any]:
    where = order["where"]
    told = traceback.TracebackException.from_exception(error, limit=None)
    frames = [number for number, frame in enumerate(told.stack) if frame.filename == where]
    line = told.stack[frames[-1]].lineno if frames else None
    if isinstance(error, SyntaxError) and error.filename == where:
        line = error.lineno
    if frames:
        told.stack[:] = told.stack[frames[0] :]
    else:
        told.stack.clear()
    shape = isinstance(error, _WrongShape)
    if order["withhold"] and not shape and not isinstance(error, _SAYS_NO_DATA):
        text = "".join(told.stack.format())
        what = f"{type(error).__name__} (its message is withheld, as its data are classified)"
    else:
        text = "".join(told.format(chain=False))
        what = str(error) if shape else "".join(told.format_exception_only()).strip().splitlines()[-1]
    return {
        "ok": False,
        "kind": _kind(error, order["isolate"]),
        "what": what[:2000],
        "line": line,
        "trace": [] if shape else text[-8000:].splitlines()[-16:],
    }


def _kind(error: BaseException, isolated: bool) -> str:
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, _WrongShape):
        return "shape"
    return "denied" if isolated and isinstance(error, PermissionError) else "error"


class _Memory:
    """The process's memory: its limit, its spare, its peak."""

    def __init__(self) -> None:
        self._status: int | None = None
        self._hard: list[tuple[int, int]] = []
        with contextlib.suppress(OSError):
            self._status = os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC)

    def limit(self, size: int, seconds: float) -> None:
        """Bound what may be taken from now on: private memory by `size`, and CPU time."""
        import resource

        used = self._fields()
        wanted = [(resource.RLIMIT_DATA, used.get("VmData", 0) + size)]
        if "VmSize" in used:
            wanted.append((resource.RLIMIT_AS, used["VmSize"] + size + (512 << 20)))
        for kind, most in wanted:
            _, hard = resource.getrlimit(kind)
            upper = most + SPARE if hard == resource.RLIM_INFINITY else min(hard, most + SPARE)
            resource.setrlimit(kind, (min(most, upper), upper))
            self._hard.append((kind, upper))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        cpu = int(seconds * (os.cpu_count() or 1)) + 2
        with contextlib.suppress(ValueError):  # a lower limit is in force already
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))

    def give_spare(self) -> None:
        """Make room for the report of a failure."""
        if self._hard:
            import resource

            for kind, upper in self._hard:
                resource.setrlimit(kind, (upper, upper))

    def peak(self) -> int | None:
        """The most memory that was held, in bytes; None where it is not known."""
        return self._fields().get("VmHWM")

    def _fields(self) -> dict[str, int]:
        return dict(self._read()) if self._status is not None else {}

    def _read(self) -> Iterator[tuple[str, int]]:
        assert self._status is not None
        text = os.pread(self._status, 1 << 16, 0).decode()
        for line in text.splitlines():
            name, _, value = line.partition(":")
            if value.endswith(" kB"):
                yield name, int(value[:-3]) * 1024
