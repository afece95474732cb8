"""Draws documents in a process of its own, which is loaded beforehand, shut in, and killed when it takes too much.

What it is told is bytes, and so is what it answers: whatever a text should bring it to do, it can only answer with files or a sentence.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from forms_app.documents.catalogue import Issued
from forms_app.documents.contexts import Context
from forms_app.documents.faults import DocumentFault
from forms_app.documents.wire import ISSUED, OUT_OF_MEMORY, READY, Wire

PROGRAM = Path(__file__).resolve().parents[2]
START = "import sys; from forms_app.documents.drawing import serve; sys.exit(serve(*map(int, sys.argv[1:])))"
LOADING_SECONDS = 60.0
GOING_SECONDS = 5.0
MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may take, and how many one process draws before another takes its place."""

    seconds: float = 90
    cpu_seconds: int = 60
    memory: int = 1024 * MEBIBYTE
    """Everything that the process may take, the fonts and templates included."""
    documents: int = 1000


class Press:
    """Issues documents as `issue` does, one at a time. For one thread, which stays: the process ends with it."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._drawer: _Drawer | None = None
        self._drawn = 0

    def start(self) -> None:
        """Begins to load, so that the first document need not wait for it."""
        if self._drawer is not None and self._drawer.has_ended:
            self.close()
        if self._drawer is None:
            self._drawer, self._drawn = _Drawer(self._limits), 0

    def issue(self, kind_code: str, context: Context, layout: bytes | None = None) -> Issued:
        """The files. Raises DocumentFault when it cannot be drawn, takes too much, or is stopped in the middle."""
        self.start()
        drawer = self._drawer
        assert drawer is not None
        try:
            answer, *files = drawer.ask(kind_code.encode(), context.model_dump_json().encode(), *_given(layout))
        except BaseException:
            self.close()
            raise
        self._drawn += 1
        if self._drawn >= self._limits.documents:
            self.close()
            self.start()
        if answer != ISSUED:
            raise DocumentFault(files[0].decode())
        docx, pdf, page = files
        return Issued(docx=docx, pdf=pdf, page=page)

    @property
    def pid(self) -> int | None:
        """The process that draws, while there is one."""
        return self._drawer.pid if self._drawer else None

    def close(self) -> None:
        if self._drawer is not None:
            self._drawer.end()
            self._drawer = None

    def __enter__(self) -> Press:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


class _Drawer:
    """The process, and the line to it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._is_ready = False
        ours, theirs = socket.socketpair()
        with theirs:
            arguments = (os.getpid(), theirs.fileno(), limits.memory, limits.cpu_seconds)
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-c", START, *map(str, arguments)],
                # Nothing of the worker's: its environment holds passwords.
                env={"PYTHONPATH": str(PROGRAM), "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self._wire = Wire(ours)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def ask(self, *parts: bytes) -> list[bytes]:
        """The answer. Raises DocumentFault, after which this process is no more to be asked."""
        try:
            self._load()
            self._wire.send(*parts, seconds=self._limits.seconds)
            return self._wire.receive(seconds=self._limits.seconds)
        except TimeoutError:
            raise DocumentFault(
                f"It takes longer than {self._limits.seconds:g} seconds to make, and was given up."
            ) from None
        except (EOFError, OSError):
            raise DocumentFault(self._why_ended()) from None

    def end(self) -> None:
        """Ends it at once: whatever it still does, nobody waits for."""
        self._wire.close()
        self._process.kill()
        self._process.wait()

    def _load(self) -> None:
        if self._is_ready:
            return
        said, *sentence = self._wire.receive(seconds=LOADING_SECONDS)
        if said != READY:
            raise DocumentFault(sentence[0].decode())
        self._is_ready = True

    def _why_ended(self) -> str:
        try:
            code = self._process.wait(GOING_SECONDS)
        except subprocess.TimeoutExpired:
            code = 0
        if code == -signal.SIGXCPU:
            return f"It takes longer than {self._limits.cpu_seconds} seconds of computing to make, and was given up."
        if code == OUT_OF_MEMORY:
            return f"It takes more than {self._limits.memory // MEBIBYTE} MiB of memory to make, and was given up."
        return (
            "The process that was drawing it was stopped in the middle, and nothing of it was kept. "
            "If that happens again, look whether the machine is short of memory, and in the worker’s log."
        )


def _given(layout: bytes | None) -> list[bytes]:
    return [] if layout is None else [layout]
