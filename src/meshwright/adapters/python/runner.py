"""`PythonRunner` by child processes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meshwright.adapters.python import sandbox
from meshwright.adapters.python.feed import Feeder, Tail, pipe, write_stream
from meshwright.adapters.python.process import Process
from meshwright.errors import BuildError, MissingPart, Unavailable
from meshwright.provisioning.ports import Limits, ProcessCost

if TYPE_CHECKING:
    import resource

    import pyarrow as pa

Inputs = Mapping[str, "Callable[[], pa.RecordBatchReader]"]


_WAYS_OUT: Mapping[str, str] = {
    "memory": "read its inputs batch by batch, or raise `python_memory` in mesh.yaml",
    "shape": "end `model` with: return table, or pa.RecordBatchReader.from_batches(schema, batches)",
    "denied": "a model reads only its inputs: declare an input port and take it as input_port__object",
}


class ChildRunner:
    """Runs each Python model in a fresh interpreter of its own.

    On Linux with Landlock the child is `isolated`: it can read the interpreter with its
    libraries and a scratch folder, write that folder, and do nothing else outside itself: no other
    file, no network, no other process. Everywhere it sees only a few harmless environment
    variables, and its memory (beyond that of the bare interpreter) and time are limited.

    Inputs are opened in the caller's thread, one after the other, and never is more than one open,
    as an engine's session may have one stream only: the last one streams into the model, those
    before it are first kept in `folder`. A streaming one that the model leaves unread is closed
    when the model ends. The result is kept in `folder` until the context ends, so the inputs are
    done when it is read.
    """

    def __init__(self) -> None:
        self.isolated = sandbox.available()

    @contextlib.contextmanager
    def run(
        self,
        text: str,
        where: str,
        inputs: Inputs,
        folder: Path,
        limits: Limits = Limits(),  # noqa: B008 (a frozen value)
        charge: Callable[[ProcessCost], None] | None = None,
        withhold: bool = False,
    ) -> Iterator[pa.RecordBatchReader]:
        """Run the model's function on its inputs (by parameter name); yields what it returns.

        `charge` is told what the child took as soon as it has ended, also when the model failed.
        With `withhold`, errors say neither the model's message nor what it printed.

        Raises:
            BuildError: the model failed, ran out of memory or time, or returned no table.
            MissingPart: this system has no processes as POSIX knows them.
            Unavailable: no process could be started.
        """
        if os.name != "posix" or not sys.executable:
            raise MissingPart(
                f"{where} cannot run here",
                why="Python models run in child processes of a POSIX system",
                way_out="use Linux (isolated) or macOS (not isolated)",
            )
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix="model-", dir=folder.resolve(), ignore_cleanup_errors=True
        ) as own:
            result = Path(own, "result.arrow")
            _Run(text, where, inputs, limits, Path(own), self.isolated, charge, withhold).wait(result)
            with _reading(result, where) as reader:
                yield reader


class _Run:
    """One model's run, from its inputs to a file with its result."""

    def __init__(
        self,
        text: str,
        where: str,
        inputs: Inputs,
        limits: Limits,
        own: Path,
        isolate: bool,
        charge: Callable[[ProcessCost], None] | None,
        withhold: bool,
    ) -> None:
        self.where = where
        self._charge = charge
        self.limits = limits
        self._withhold = withhold
        self._scratch = own / "scratch"
        self._scratch.mkdir()
        self._order: dict[str, Any] = {
            "text": text,
            "where": where,
            "scratch": str(self._scratch),
            "isolate": isolate,
            "withhold": withhold,
            "parent": os.getpid(),
            "memory": limits.memory_bytes,
            "seconds": limits.seconds,
        }
        self._own = own
        self._inputs = inputs

    def wait(self, result: Path) -> None:
        """Run to the end; the result is in the file `result`."""
        kept = self._keep_all_but_last()
        readers = {name: open_() for name, open_ in self._inputs.items() if name not in kept}
        # the child's ends of the pipes are closed here as soon as it has them
        with contextlib.ExitStack() as theirs, contextlib.ExitStack() as unless_started:

            def connect() -> tuple[int, int]:
                read, write = pipe()
                unless_started.callback(os.close, read)
                unless_started.callback(os.close, write)
                return read, write

            given, ours = {}, {}
            for name, path in kept.items():
                given[name] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                unless_started.callback(os.close, given[name])
            for name in readers:
                given[name], ours[name] = connect()
            status_read, status = connect()
            printed_read, printed = connect()
            output = os.open(result, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            unless_started.callback(os.close, output)
            order = {**self._order, "inputs": given, "result": output, "status": status}
            process = Process(order, [*given.values(), output, status], printed)
            process.start()
            process.started.wait()
            unless_started.pop_all()
            for descriptor in (*given.values(), status, printed, output):
                theirs.callback(os.close, descriptor)
        tail = Tail(printed_read)
        tail.start()
        feeders = [Feeder(reader, ours[name], process.stop) for name, reader in readers.items()]
        for feeder in feeders:
            feeder.start()
        try:
            process.join()
        finally:
            process.stop()
            process.join()
            for thread in (*feeders, tail):
                thread.join()
            with os.fdopen(status_read, "rb") as told:
                said = _parse(told.read())
            if self._charge is not None and process.usage is not None:
                self._charge(_cost(process.usage, said.get("peak")))
        self._judge(process, feeders, tail.text, said)

    def _keep_all_but_last(self) -> Mapping[str, Path]:
        kept: dict[str, Path] = {}
        for name in list(self._inputs)[:-1]:
            kept[name] = self._own / f"input-{len(kept)}.arrow"
            with kept[name].open("xb") as file:
                write_stream(self._inputs[name](), file)
        return kept

    def _judge(
        self,
        process: Process,
        feeders: Sequence[Feeder],
        printed: str,
        status: Mapping[str, Any],
    ) -> None:
        if process.error is not None:
            raise Unavailable(f"no process for {self.where} could be started", why=str(process.error))
        for feeder in feeders:
            if feeder.error is not None:
                raise feeder.error
        if process.late:
            raise self._error(
                f"the model ran longer than {self.limits.seconds:g} seconds and was stopped",
                printed,
                way_out="make it do less at once, or raise the limit of time",
            )
        if not status.get("ok") or process.code != 0:
            raise self._failure(process.code or 0, printed, status)

    def _failure(self, code: int, printed: str, status: Mapping[str, Any]) -> BuildError:
        line = status.get("line")
        trace = [str(entry) for entry in status.get("trace") or ()]
        kind = status.get("kind")
        if kind == "memory" or "bad_alloc" in printed:
            what = f"the model needs more than {_size(self.limits.memory_bytes)} of memory"
            return self._error(what, printed, line, trace, _WAYS_OUT["memory"])
        if "what" in status:
            return self._error(str(status["what"]), printed, line, trace, _WAYS_OUT.get(str(kind)))
        ended = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        return self._error(
            f"the model's process was ended {ended} before it returned",
            printed,
            way_out="a crash in a library, a lack of memory on the machine, or a call of os._exit does this",
        )

    def _error(
        self,
        what: str,
        printed: str,
        line: Any = None,
        trace: Sequence[str] = (),
        way_out: str | None = None,
    ) -> BuildError:
        lines = [*trace]
        if printed.strip() and self._withhold:
            lines.append("what it printed is withheld, as its data are classified")
        elif printed.strip():
            lines += ["printed:", *printed.rstrip().splitlines()[-10:]]
        return BuildError(
            what,
            where=f"{self.where}:{line}" if isinstance(line, int) else self.where,
            why="\n    ".join(lines) or None,
            way_out=way_out,
        )


def _parse(status: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(status)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _cost(usage: resource.struct_rusage, peak: Any) -> ProcessCost:
    """What the system says that a child took.

    On Linux its own peak is better known to the child itself: `ru_maxrss` also counts what the
    parent held at the fork.
    """
    unit = 1 if sys.platform == "darwin" else 1024
    most = usage.ru_maxrss * unit
    return ProcessCost(usage.ru_utime + usage.ru_stime, min(peak, most) if isinstance(peak, int) else most)


def _size(count: int) -> str:
    for unit, size in (("GiB", 1 << 30), ("MiB", 1 << 20)):
        if count >= size:
            return f"{count / size:.4g} {unit}"
    return f"{count} bytes"


@contextlib.contextmanager
def _reading(result: Path, where: str) -> Iterator[pa.RecordBatchReader]:
    """The result as a stream of batches that are checked to be what they say they are."""
    import pyarrow as pa

    def batches(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        for batch in reader:
            batch.validate(full=True)
            yield batch

    with pa.memory_map(str(result)) as file:
        try:
            reader = pa.ipc.open_stream(file)
        except pa.ArrowInvalid as error:
            raise BuildError("the model returned no readable table", where=where, why=str(error)) from error
        yield pa.RecordBatchReader.from_batches(reader.schema, batches(reader))
