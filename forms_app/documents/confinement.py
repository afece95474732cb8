"""Takes from a process all that drawing a document does not need: the network, other programs, other files, endless memory.

What holds where:

- Everywhere: Python's own doors (an audit hook) and what the process may take of the machine (limits of the kernel).
- On Linux on x86-64 and ARM: connections and other programs, also for the libraries in C (a system call filter).
- On Linux since 5.13, where it is switched on: files, also for the libraries in C (Landlock).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 1, 38, 22

libc = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int) -> None:
    """Ends this process as soon as the thread that started it ends, however that happens. Linux."""
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def limit_memory(size: int) -> None:
    """What this process may take in bytes. And it leaves no core file, which would hold what people wrote."""
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_cpu(seconds: int) -> None:
    """How long this process may still compute before it is ended."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, most))


def shut_in(folders: Sequence[Path]) -> None:
    """Leaves nothing but reading in these folders, also to the libraries in C. For a process of one thread: threads that run go on."""
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    read_only_beneath(folders)
    no_connections_and_programs()


def close_doors(folders: Sequence[Path]) -> Doors:
    """Leaves nothing but reading in these folders to Python."""
    doors = Doors(folders)
    sys.addaudithook(doors)
    return doors


class Doors:
    """Python's own doors to what is outside; remembers at which of them somebody knocked."""

    CLOSED = ("socket.", "subprocess.", "os.", "ctypes.dlopen")

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(f"{folder.resolve()}{os.sep}" for folder in folders)
        self.refused: list[str] = []

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            self.open(*arguments)
        elif event.startswith(self.CLOSED):
            self.refuse(event)

    def open(self, file: object, _: object, flags: object) -> None:
        if isinstance(file, int):
            return
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        path = os.path.realpath(os.fsdecode(file)) if isinstance(file, str | bytes) else ""
        if writes or not path.startswith(self.folders):
            self.refuse("open")

    def refuse(self, event: str) -> None:
        self.refused.append(event)
        raise PermissionError(errno.EPERM, f"A document is drawn without this: {event}.")


# --- the kernel's own: a system call filter ----------------------------------------------------------------------


class Machine(NamedTuple):
    """How Linux numbers its system calls on one kind of machine."""

    audit_number: int
    refused: tuple[int, ...]


# socket, socketpair, connect, bind, execve, execveat, ptrace, process_vm_readv, process_vm_writev, io_uring_setup
MACHINES = {
    "x86_64": Machine(0xC000003E, (41, 53, 42, 49, 59, 322, 101, 310, 311, 425)),
    "aarch64": Machine(0xC00000B7, (198, 199, 203, 200, 221, 281, 117, 270, 271, 425)),
}
SECCOMP_MODE_FILTER = 2
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
LOAD, EQUAL, AT_LEAST, ANSWER = 0x20, 0x15, 0x35, 0x06
OTHER_NUMBERS = 0x40000000
"""From here on x86-64 has the same calls a second time."""


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def no_connections_and_programs() -> None:
    if sys.platform != "linux" or (machine := MACHINES.get(platform.machine())) is None:
        return
    last = len(machine.refused) + 1
    steps = [
        (LOAD, 0, 0, 4),
        (EQUAL, 0, last + 2, machine.audit_number),
        (LOAD, 0, 0, 0),
        (AT_LEAST, last, 0, OTHER_NUMBERS),
        *((EQUAL, last - at, 0, number) for at, number in enumerate(machine.refused, start=1)),
        (ANSWER, 0, 0, ALLOW),
        (ANSWER, 0, 0, REFUSE),
    ]
    instructions = b"".join(struct.pack("HBBI", *step) for step in steps)
    wanted = Filter(len(steps), instructions)
    libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(wanted), 0, 0)


# --- the kernel's own: files -------------------------------------------------------------------------------------

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PATH_BENEATH, ASK_FOR_VERSION = 1, 1
READ_FILE, READ_FOLDER = 1 << 2, 1 << 3
RIGHTS_OF_FIRST_VERSION, RIGHTS_KNOWN_HERE = 13, 15


def read_only_beneath(folders: Sequence[Path]) -> None:
    if sys.platform != "linux":
        return
    version = libc.syscall(CREATE_RULESET, None, 0, ASK_FOR_VERSION)
    if version < 1:
        return
    every_right = (1 << min(RIGHTS_OF_FIRST_VERSION + version - 1, RIGHTS_KNOWN_HERE)) - 1
    rules = libc.syscall(CREATE_RULESET, struct.pack("Q", every_right), 8, 0)
    for folder in folders:
        opened = os.open(folder, os.O_PATH | os.O_CLOEXEC)
        libc.syscall(ADD_RULE, rules, PATH_BENEATH, struct.pack("=Qi", READ_FILE | READ_FOLDER, opened), 0)
        os.close(opened)
    libc.syscall(RESTRICT_SELF, rules, 0)
    os.close(rules)
