"""Who holds what: names of processes that tell, on the same machine, whether the process still lives.

With them a start after a crash need not wait until the dead process's locks expire.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
from pathlib import Path

SPILL = "spill-"
"""What an engine calls the folder that it spills to: this, and the name of its process."""

_NAME = re.compile(r"(?P<machine>.+-[0-9a-f]{12})-(?P<pid>[0-9]+)-(?P<start>[0-9]+)")
_PROC = Path("/proc")


def process_name() -> str:
    """The name of this process: host, boot, process id and start; safe as a file name."""
    pid = os.getpid()
    return f"{_machine()}-{pid}-{_start(pid) or 0}"


def is_dead(name: str) -> bool:
    """Whether `name` surely is that of a process that has ended; False wherever that cannot be told.

    It can be told on Linux, in the same boot and the same space of process ids.
    """
    found = _NAME.fullmatch(name)
    if found is None or found["machine"] != _machine() or found["start"] == "0":
        return False
    return _start(int(found["pid"])) != int(found["start"])


def _machine() -> str:
    """This host, this boot and this space of process ids (a container has one of its own)."""
    host = re.sub(r"[^A-Za-z0-9.]+", "_", socket.gethostname()) or "host"
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        space = str((_PROC / "self/ns/pid").readlink())
    except OSError:
        boot, space = "unknown", "unknown"
    return f"{host}-{hashlib.blake2b(f'{boot} {space}'.encode(), digest_size=6).hexdigest()}"


def _start(pid: int) -> int | None:
    """When a process started, in ticks since the boot; None when it has ended or nothing is known.

    Field 22 of /proc/PID/stat (proc_pid_stat(5)); states Z and X are those of ended processes.
    """
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else int(fields[19])
