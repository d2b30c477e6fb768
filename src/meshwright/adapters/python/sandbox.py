"""Shutting a process off from files, network and other processes (Linux).

Landlock (kernel documentation, userspace-api/landlock) keeps it from files; a seccomp filter keeps
it from sockets, other programs, other processes and what else Landlock does not cover; without
capabilities and with "no new privileges" neither can be undone. Nothing here imports the rest of
the package: it runs in the child before anything else.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterable

from meshwright.adapters.python.syscalls import BY_MACHINE, Calls

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE = 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_REG, _MAKE_SYM = 1 << 7, 1 << 8, 1 << 12
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15

_READ = _READ_FILE | _READ_DIR
_WRITE = _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SYM | _TRUNCATE
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV

_PR_SET_PDEATHSIG, _PR_GET_SECCOMP, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 21, 22, 38
_SIGKILL = 9

_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24  # offsets in struct seccomp_data
_CLONE_THREAD = 0x00010000
_SOCK_STREAM = 1


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    result: int = _libc().syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def landlock_version() -> int:
    """The version of Landlock that the kernel offers; 0 when there is none."""
    if sys.platform != "linux":
        return 0
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except (OSError, AttributeError):
        return 0


def available() -> bool:
    """Whether this machine can isolate a process."""
    if platform.machine() not in BY_MACHINE or sys.byteorder != "little" or landlock_version() < 1:
        return False
    return int(_libc().prctl(_PR_GET_SECCOMP, 0, 0, 0, 0)) >= 0


def die_with_parent(parent: int) -> None:
    """End this process when the thread of `parent` that started it ends, however it ends."""
    if sys.platform == "linux":
        _libc().prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def isolate(read: Iterable[str], write: Iterable[str]) -> None:
    """Leave this process, for good, only the paths given: `write` ones may also be read.

    Must be called while there is one thread. Paths that do not exist are left out.

    Raises:
        OSError: the kernel refuses; the process must not go on.
    """
    libc = _libc()
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot give up privileges")
    _restrict_files(read, write)
    _drop_capabilities(libc)
    _restrict_calls(libc, BY_MACHINE[platform.machine()])


def _restrict_files(read: Iterable[str], write: Iterable[str]) -> None:
    version = landlock_version()
    handled = (1 << 13) - 1
    for since, right in ((2, 1 << 13), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        handled |= right if version >= since else 0
    network = 0b11 if version >= 4 else 0  # bind and connect of TCP
    scope = 0b11 if version >= 6 else 0  # abstract sockets and signals
    attributes = struct.pack("QQQ", handled, network, scope)
    ruleset = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for paths, rights in ((read, _READ), (write, _READ | _WRITE)):
            for path in paths:
                _allow(ruleset, path, rights & handled)
        _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        rights = rights if os.path.isdir(path) else rights & _ON_FILES  # noqa: PTH112
        rule = struct.pack("=Qi", rights, place)
        _call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint32(0))
    finally:
        os.close(place)


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    header = struct.pack("=Ii", 0x20080522, 0)
    if libc.capset(header, bytes(24)) != 0:
        raise OSError(ctypes.get_errno(), "cannot drop capabilities")


def _restrict_calls(libc: ctypes.CDLL, calls: Calls) -> None:
    program = b"".join(struct.pack("=HBBI", *step) for step in _filter(calls, os.getpid()))
    kept = ctypes.create_string_buffer(program, len(program))
    whole = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(kept))
    if libc.prctl(_PR_SET_SECCOMP, 2, whole, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot filter system calls")


def _filter(calls: Calls, own: int) -> list[tuple[int, int, int, int]]:
    """The filter as instructions of classic BPF: (code, jump if true, jump if false, operand)."""
    refuse = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    allow = (_RETURN, 0, 0, _ALLOW)
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, calls.architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, 0x40000000),  # the x32 numbers of the same calls
        refuse,
        (_EQUAL, 0, 1, calls.clone3),  # its flags cannot be seen; the C library then uses clone
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
    ]
    for number in calls.refused:
        steps += [(_EQUAL, 0, 1, number), refuse]
    steps += [
        (_EQUAL, 0, 4, calls.clone),
        (_LOAD, 0, 0, _FIRST),
        (_ANY_BIT, 1, 0, _CLONE_THREAD),
        refuse,
        allow,
    ]
    steps += [
        (_EQUAL, 0, 5, calls.socketpair),  # a datagram one could be sent elsewhere
        (_LOAD, 0, 0, _SECOND),
        (_AND, 0, 0, 0xF),
        (_EQUAL, 1, 0, _SOCK_STREAM),
        refuse,
        allow,
    ]
    for number in calls.on_itself:
        steps += [
            (_EQUAL, 0, 5, number),
            (_LOAD, 0, 0, _FIRST),
            (_EQUAL, 2, 0, own),
            (_EQUAL, 1, 0, 0),
            refuse,
            allow,
        ]
    for number in calls.signals:
        steps += [(_EQUAL, 0, 4, number), (_LOAD, 0, 0, _FIRST), (_EQUAL, 1, 0, own), refuse, allow]
    return [*steps, allow]
