"""System calls by number, for the filter of a model's process (Linux, asm/unistd.h)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of one architecture that the filter treats.

    `refused` always; `on_itself` (limits and scheduling) only on another process; `signals` to
    any process but itself; `clone` unless it makes a thread; `socketpair` unless it is a stream.
    """

    architecture: int  # AUDIT_ARCH_*
    clone: int
    clone3: int
    socketpair: int
    on_itself: tuple[int, ...]
    signals: tuple[int, ...]
    refused: tuple[int, ...]


_EVERYWHERE = {
    "pidfd_send_signal": 424,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "pidfd_open": 434,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "memfd_secret": 447,
    "fchmodat2": 452,
    "setxattrat": 463,
    "removexattrat": 466,
}

_X86_64 = {
    # network
    "socket": 41,
    "connect": 42,
    "accept": 43,
    "bind": 49,
    "listen": 50,
    "accept4": 288,
    # other programs and processes
    "fork": 57,
    "vfork": 58,
    "execve": 59,
    "execveat": 322,
    "ptrace": 101,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "kcmp": 312,
    "rt_sigqueueinfo": 129,
    "rt_tgsigqueueinfo": 297,
    "tkill": 200,
    "setpriority": 141,
    "sched_setparam": 142,
    "sched_setscheduler": 144,
    "sched_setattr": 314,
    "ioprio_set": 251,
    "migrate_pages": 256,
    "move_pages": 279,
    # memory shared with others, or counted to nobody
    "shmget": 29,
    "shmat": 30,
    "shmctl": 31,
    "semget": 64,
    "msgget": 68,
    "mq_open": 240,
    "memfd_create": 319,
    # what Landlock does not cover in files
    "truncate": 76,
    "chmod": 90,
    "fchmod": 91,
    "chown": 92,
    "fchown": 93,
    "lchown": 94,
    "fchownat": 260,
    "fchmodat": 268,
    "setxattr": 188,
    "lsetxattr": 189,
    "fsetxattr": 190,
    "removexattr": 197,
    "lremovexattr": 198,
    "fremovexattr": 199,
    "utime": 132,
    "utimes": 235,
    "futimesat": 261,
    "utimensat": 280,
    "name_to_handle_at": 303,
    "open_by_handle_at": 304,
    "inotify_init": 253,
    "inotify_add_watch": 254,
    "inotify_init1": 294,
    "fanotify_init": 300,
    "fanotify_mark": 301,
    # the kernel
    "unshare": 272,
    "setns": 308,
    "bpf": 321,
    "perf_event_open": 298,
    "userfaultfd": 323,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "personality": 135,
}

_AARCH64 = {
    "socket": 198,
    "bind": 200,
    "listen": 201,
    "accept": 202,
    "connect": 203,
    "accept4": 242,
    "execve": 221,
    "execveat": 281,
    "ptrace": 117,
    "process_vm_readv": 270,
    "process_vm_writev": 271,
    "kcmp": 272,
    "rt_sigqueueinfo": 138,
    "rt_tgsigqueueinfo": 240,
    "tkill": 130,
    "setpriority": 140,
    "sched_setparam": 118,
    "sched_setscheduler": 119,
    "sched_setattr": 274,
    "ioprio_set": 30,
    "migrate_pages": 238,
    "move_pages": 239,
    "shmget": 194,
    "shmctl": 195,
    "shmat": 196,
    "semget": 190,
    "msgget": 186,
    "mq_open": 180,
    "memfd_create": 279,
    "truncate": 45,
    "fchmod": 52,
    "fchmodat": 53,
    "fchownat": 54,
    "fchown": 55,
    "setxattr": 5,
    "lsetxattr": 6,
    "fsetxattr": 7,
    "removexattr": 14,
    "lremovexattr": 15,
    "fremovexattr": 16,
    "utimensat": 88,
    "name_to_handle_at": 264,
    "open_by_handle_at": 265,
    "inotify_init1": 26,
    "inotify_add_watch": 27,
    "fanotify_init": 262,
    "fanotify_mark": 263,
    "unshare": 97,
    "setns": 268,
    "bpf": 280,
    "perf_event_open": 241,
    "userfaultfd": 282,
    "add_key": 217,
    "request_key": 218,
    "keyctl": 219,
    "personality": 92,
}

BY_MACHINE: Mapping[str, Calls] = {
    "x86_64": Calls(
        architecture=0xC000003E,
        clone=56,
        clone3=435,
        socketpair=53,
        on_itself=(302, 203),  # prlimit64, sched_setaffinity
        signals=(62, 234),  # kill, tgkill
        refused=(*_X86_64.values(), *_EVERYWHERE.values()),
    ),
    "aarch64": Calls(
        architecture=0xC00000B7,
        clone=220,
        clone3=435,
        socketpair=199,
        on_itself=(261, 122),
        signals=(129, 131),
        refused=(*_AARCH64.values(), *_EVERYWHERE.values()),
    ),
}
"""By `platform.machine()`."""
