"""Python models run in children that see their inputs and nothing else."""

from __future__ import annotations

import os
import re
import resource
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path
from textwrap import dedent

import duckdb
import pyarrow as pa
import pytest

from meshwright.adapters.python.runner import ChildRunner
from meshwright.errors import BuildError
from meshwright.provisioning.ports import Limits

WHERE = "domains/brokerage/deals/models/report.py"
DEALS = pa.table({"id": [1, 2, 3], "amount": [10.0, None, 30.0], "city": ["Berlin", "Köln", None]})

isolated = pytest.mark.skipif(not ChildRunner().isolated, reason="this machine has no Landlock")


def run(folder: Path, text: str, inputs=None, limits=None):
    tables = {"crm__deals": DEALS} if inputs is None else inputs
    factories = {name: (value if callable(value) else value.to_reader) for name, value in tables.items()}
    with ChildRunner().run(dedent(text), WHERE, factories, folder, limits or Limits()) as reader:
        return reader.read_all()


def test_a_model_turns_its_inputs_into_a_table(tmp_path):
    text = """
        import pyarrow.compute as pc

        def model(crm__deals, offices):
            deals = crm__deals.read_all()
            return deals.filter(pc.is_in(deals["city"], offices.read_all()["city"]))
    """
    offices = pa.table({"city": ["Köln"]})
    assert run(tmp_path, text, {"crm__deals": DEALS, "offices": offices}).to_pylist() == [
        {"id": 2, "amount": None, "city": "Köln"}
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_model_may_return_a_stream(tmp_path):
    text = """
        import pyarrow as pa

        def model(crm__deals):
            schema = crm__deals.schema
            return pa.RecordBatchReader.from_batches(schema, (batch for batch in crm__deals))
    """
    assert run(tmp_path, text).equals(DEALS)


def test_a_model_without_rows_keeps_its_columns(tmp_path):
    text = "def model(crm__deals):\n    return crm__deals.read_all().slice(0, 0)\n"
    table = run(tmp_path, text)
    assert table.num_rows == 0
    assert table.schema == DEALS.schema


def test_ten_million_rows_flow_through_in_bounded_memory(tmp_path):
    text = """
        import pyarrow as pa
        import pyarrow.compute as pc

        def model(crm__deals):
            schema = pa.schema([("id", pa.int64()), ("twice", pa.int64())])
            def batches():
                for batch in crm__deals:
                    yield pa.record_batch([batch["id"], pc.multiply(batch["id"], 2)], schema=schema)
            return pa.RecordBatchReader.from_batches(schema, batches())
    """
    batch = pa.record_batch({"id": pa.array(range(1_000_000), pa.int64())})

    def source():
        return pa.RecordBatchReader.from_batches(batch.schema, (batch for _ in range(10)))

    costs = []
    with ChildRunner().run(
        dedent(text), WHERE, {"crm__deals": source}, tmp_path, Limits(memory_bytes=128 << 20), costs.append
    ) as reader:
        rows = sum(len(part) for part in reader)
    assert rows == 10_000_000
    assert costs[0].peak_memory_bytes < 160 << 20


def test_inputs_can_be_read_in_any_order_or_not_at_all(tmp_path):
    text = """
        def model(first, second, third):
            second.read_all()
            return first.read_all().slice(0, 1)
    """
    big = pa.table({"x": pa.array(range(2_000_000))})
    assert run(tmp_path, text, {"first": big, "second": big, "third": big}).to_pylist() == [{"x": 0}]


def test_inputs_may_come_from_an_engine_that_streams_one_result_at_a_time(tmp_path):
    with duckdb.connect() as connection:
        inputs = {
            name: lambda name=name: connection.sql(
                f"select range as {name} from range(200000)"
            ).to_arrow_reader()
            for name in ("a", "b", "c")
        }
        text = """
            import pyarrow as pa

            def model(a, b, c):
                pairs = zip(a, b, c)
                return pa.table({"rows": [sum(len(x) for x, _, _ in pairs)]})
        """
        assert run(tmp_path, text, inputs).to_pylist() == [{"rows": 200_000}]


def test_an_unread_input_is_closed(tmp_path):
    closed = threading.Event()

    def endless():
        def batches():
            try:
                while True:
                    yield pa.record_batch({"x": [1] * 1000})
            finally:
                closed.set()

        return pa.RecordBatchReader.from_batches(pa.schema([("x", pa.int64())]), batches())

    text = "import pyarrow as pa\ndef model(endless):\n    return pa.table({'x': [1]})\n"
    assert run(tmp_path, text, {"endless": endless}).num_rows == 1
    assert closed.wait(5)


def test_an_input_that_fails_fails_the_run_with_its_own_error(tmp_path):
    def broken():
        def batches():
            yield pa.record_batch({"x": [1]})
            raise BuildError("the upstream is broken")

        return pa.RecordBatchReader.from_batches(pa.schema([("x", pa.int64())]), batches())

    with pytest.raises(BuildError, match="the upstream is broken"):
        run(tmp_path, "def model(broken):\n    return broken.read_all()\n", {"broken": broken})


# --- failures


def test_an_error_names_the_line_of_the_model_and_what_it_printed(tmp_path):
    text = (
        "def half(x):\n    return x / 0\n\ndef model(crm__deals):\n    print('so far')\n    return half(1)\n"
    )
    with pytest.raises(BuildError) as caught:
        run(tmp_path, text)
    assert caught.value.what == "ZeroDivisionError: division by zero"
    assert caught.value.where == f"{WHERE}:2"
    assert "return x / 0" in caught.value.why
    assert "so far" in caught.value.why
    assert "worker" not in caught.value.why


def test_an_error_inside_a_returned_stream_is_the_models_error(tmp_path):
    text = """
        import pyarrow as pa

        def model(crm__deals):
            def batches():
                yield from crm__deals
                raise ValueError("half way")
            return pa.RecordBatchReader.from_batches(crm__deals.schema, batches())
    """
    with pytest.raises(BuildError, match="ValueError: half way"):
        run(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def model(crm__deals):\n    return [{'id': 1}]\n", r"returned builtins\.list"),
        ("def model(crm__deals):\n    return None\n", r"returned builtins\.NoneType"),
        ("x = 1\n", "defines no function `model`"),
        ("def model(:\n", "SyntaxError"),
        ("def model(other):\n    return other\n", "unexpected keyword argument 'crm__deals'"),
        ("import sys\ndef model(crm__deals):\n    sys.exit(0)\n", "SystemExit"),
        ("import os\ndef model(crm__deals):\n    os._exit(0)\n", "exit code 0 before it returned"),
        ("import os\ndef model(crm__deals):\n    os.abort()\n", "SIGABRT"),
        ("import nothing_of_the_kind\ndef model(crm__deals): ...\n", "ModuleNotFoundError"),
    ],
)
def test_what_is_no_model_fails_with_a_reason(tmp_path, text, says):
    with pytest.raises(BuildError, match=says):
        run(tmp_path, text)


def test_a_model_that_takes_too_long_is_stopped(tmp_path):
    with pytest.raises(BuildError, match=r"longer than 0\.4 seconds"):
        run(tmp_path, "def model(crm__deals):\n    while True: pass\n", limits=Limits(seconds=0.4))


@pytest.mark.parametrize(
    "line",
    [
        "x = bytearray(400 << 20)",
        "x = []\n    while True: x.append(bytes(1 << 20))",
        "import pyarrow as pa; x = pa.allocate_buffer(400 << 20)",
        "import mmap; x = [mmap.mmap(-1, 256 << 20) for _ in range(64)]",
    ],
)
def test_a_model_that_takes_too_much_memory_is_stopped(tmp_path, line):
    with pytest.raises(BuildError) as caught:
        run(
            tmp_path,
            f"def model(crm__deals):\n    {line}\n    return x\n",
            limits=Limits(memory_bytes=200 << 20),
        )
    assert re.search("needs more than 200 MiB|Cannot allocate memory", caught.value.what)


# --- isolation

ATTEMPT = """
    import ctypes, os, signal, socket, subprocess, sys
    import pyarrow as pa

    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getppid()

    def call(number, *arguments):
        if libc.syscall(number, *arguments) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def model(crm__deals):
        attempts = {ATTEMPTS}
        outcome = {}
        for name, attempt in attempts.items():
            try:
                attempt()
                outcome[name] = "done"
            except Exception as error:
                outcome[name] = type(error).__name__
        return pa.table({"attempt": list(outcome), "outcome": list(outcome.values())})
"""


def outcomes(folder, attempts):
    listed = "{" + ", ".join(f"{name!r}: lambda: {code}" for name, code in attempts.items()) + "}"
    table = run(folder, ATTEMPT.replace("{ATTEMPTS}", listed)).to_pylist()
    return {row["attempt"]: row["outcome"] for row in table}


def refused(attempts):
    return dict.fromkeys(attempts, "PermissionError")


@isolated
def test_no_file_but_the_interpreter_and_the_scratch_folder_can_be_touched(tmp_path):
    registry = tmp_path / "registry.db"
    registry.write_text("facts")
    registry.chmod(0o666)
    path = str(registry)
    attempts = {
        "password file": "open('/etc/passwd').read()",
        "registry": f"open({path!r}).read()",
        "registry for writing": f"open({path!r}, 'a')",
        "registry through a link": f"(os.symlink({path!r}, 'link'), open('link').read())",
        "registry through a hard link": f"os.link({path!r}, 'hard')",
        "registry cut": f"os.truncate({path!r}, 0)",
        "registry's mode": f"os.chmod({path!r}, 0o777)",
        "registry's times": f"os.utime({path!r}, (1, 1))",
        "registry gone": f"os.remove({path!r})",
        "registry renamed": f"os.rename({path!r}, {path + 'x'!r})",
        "list of the mesh": f"os.listdir({str(tmp_path)!r})",
        "new file beside": f"open({path + '.new'!r}, 'w')",
        "package's source": f"open({str(Path(__file__))!r}).read()",
        "temporary folder": "open('/tmp/meshwright-model-was-here', 'w')",
    }
    found = outcomes(tmp_path / "runs", attempts)
    assert {name: found[name] for name in attempts if found[name] not in ("PermissionError", "OSError")} == {}
    assert registry.read_text() == "facts"
    assert registry.stat().st_mtime > 1


@isolated
def test_no_process_but_its_own_can_be_seen_or_touched(tmp_path):
    attempts = {
        "parent's environment": "open(f'/proc/{parent}/environ').read()",
        "parent's memory": "open(f'/proc/{parent}/mem', 'rb')",
        "own environment at start": "open('/proc/self/environ').read()",
        "descriptors": "os.listdir('/proc/self/fd')",
        "ptrace": "call(101 if os.uname().machine == 'x86_64' else 117, 16, parent, 0, 0)",
        "read memory": "call(310 if os.uname().machine == 'x86_64' else 270, parent, 0, 0, 0, 0, 0)",
        "take a descriptor": "call(434, parent, 0)",
        "signal": "os.kill(parent, signal.SIGTERM)",
        "signal a group": "os.killpg(os.getpgid(parent), 0)",
        "parent's limits": "__import__('resource').prlimit(parent, 0, (1, 1))",
        "program": "subprocess.run(['/bin/true'])",
        "fork": "os.fork()",
        "shell": "os.execv('/bin/sh', ['sh'])",
        "spawn": "os.posix_spawn('/bin/true', ['true'], {})",
        "namespace": "call(272 if os.uname().machine == 'x86_64' else 97, 0x10000000)",
        "memory outside the limit": "os.memfd_create('x')",
    }
    assert outcomes(tmp_path, attempts) == refused(attempts)


@isolated
def test_there_is_no_network(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        port = server.getsockname()[1]
        attempts = {
            "loopback": f"socket.create_connection(('127.0.0.1', {port}), 1)",
            "datagram": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
            "version 6": "socket.socket(socket.AF_INET6)",
            "raw": "socket.socket(socket.AF_INET, socket.SOCK_RAW)",
            "local socket": "socket.socket(socket.AF_UNIX)",
            "pair of datagrams": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
            "netlink": "socket.socket(16, socket.SOCK_RAW)",
            "asynchronous calls": "call(425, 1, 0)",
        }
        assert outcomes(tmp_path / "runs", attempts) == refused(attempts)


@isolated
def test_a_model_can_use_its_scratch_folder_threads_and_libraries(tmp_path):
    attempts = {
        "file": "open('notes.txt', 'w').write('x')",
        "folder": "(os.mkdir('f'), open('f/a', 'w').close(), os.rename('f/a', 'f/b'), os.listdir('f'))",
        "temporary file": "__import__('tempfile').TemporaryFile().write(b'x')",
        "threads": "list(__import__('concurrent.futures').futures.ThreadPoolExecutor(4).map(str, range(9)))",
        "late import": "__import__('sqlite3').connect(':memory:').execute('select 1')",
        "time zones": "__import__('zoneinfo').ZoneInfo('Europe/Berlin')",
        "event loop": "__import__('asyncio').run(__import__('asyncio').sleep(0))",
        "arrow threads": "pa.table({'a': list(range(100000))}).group_by('a').aggregate([('a', 'sum')])",
        "random": "os.urandom(8)",
        "parquet": "__import__('pyarrow.parquet').parquet.write_table(pa.table({'a': [1]}), 'a.parquet')",
    }
    assert outcomes(tmp_path, attempts) == dict.fromkeys(attempts, "done")


def test_a_model_sees_no_variable_of_the_platform(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_PASSWORD", "hunter2")
    text = """
        import os
        import pyarrow as pa

        def model(crm__deals):
            return pa.table({"name": list(os.environ), "value": list(os.environ.values())})
    """
    seen = run(tmp_path, text).to_pylist()
    names = {row["name"] for row in seen}
    assert "hunter2" not in {row["value"] for row in seen}
    allowed = {"HOME", "TMPDIR", "TZ", "TZDIR", "LANG", "LANGUAGE", "LD_LIBRARY_PATH"}
    assert {name for name in names if not name.startswith(("LC_", "ARROW_", "MALLOC_"))} <= allowed


def test_where_nothing_isolates_a_model_still_runs_within_its_limits(tmp_path):
    runner = ChildRunner()
    runner.isolated = False
    text = "def model(crm__deals):\n    return crm__deals.read_all()\n"
    with runner.run(text, WHERE, {"crm__deals": DEALS.to_reader}, tmp_path) as reader:
        assert reader.read_all().equals(DEALS)
    text = "import subprocess\ndef model(crm__deals):\n    subprocess.run(['sleep', '60'])\n"
    with (
        pytest.raises(BuildError, match="longer than"),
        runner.run(text, WHERE, {"crm__deals": DEALS.to_reader}, tmp_path, Limits(seconds=0.5)),
    ):
        pass


def test_a_model_has_no_descriptors_of_the_platform(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    text = """
        import os, stat
        import pyarrow as pa

        def model(crm__deals):
            kinds = []
            for number in range(3, 256):
                try:
                    found = os.fstat(number)
                except OSError:
                    continue
                if stat.S_ISREG(found.st_mode) and found.st_size:
                    kinds.append(number)
            return pa.table({"regular": pa.array(kinds, pa.int64())})
    """
    with secret.open() as file:
        os.set_inheritable(file.fileno(), True)
        assert run(tmp_path / "runs", text).num_rows == 0


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and pidfd")
def test_a_model_dies_with_the_program_that_runs_it(tmp_path):
    program = f"""
        import sys
        from pathlib import Path
        import pyarrow as pa
        from meshwright.adapters.python.runner import ChildRunner

        def endless():
            def batches():
                for number in range(1 << 60):
                    if number == 2000:
                        print("running", flush=True)
                    yield pa.record_batch({{"x": list(range(1000))}})
            return pa.RecordBatchReader.from_batches(pa.schema([("x", pa.int64())]), batches())

        text = "def model(endless):\\n    for batch in endless: pass\\n"
        with ChildRunner().run(text, "m.py", {{"endless": endless}}, Path({str(tmp_path)!r})):
            pass
    """
    with subprocess.Popen([sys.executable, "-c", dedent(program)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"running\n"
        lists = Path(f"/proc/{parent.pid}/task").glob("*/children")
        (child,) = [int(pid) for listed in lists for pid in listed.read_text().split()]
        watched = os.pidfd_open(child)
        parent.kill()
        ended, _, _ = select.select([watched], [], [], 10)
        os.close(watched)
    assert ended


def test_a_model_cannot_raise_its_limits_for_others(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_DATA)
    run(tmp_path, "def model(crm__deals):\n    return crm__deals.read_all()\n")
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
