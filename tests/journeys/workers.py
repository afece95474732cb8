"""The worker command as it runs in earnest: processes of its own, which can be stopped and killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.architecture.tree import PROJECT
from tests.factories.keys import SEALING_KEYS


def command(processes: int) -> list[str]:
    start = f"import sys; from forms_app.commands import main; sys.exit(main(['worker', '--workers', '{processes}']))"
    return [sys.executable, "-c", start]


@dataclass(frozen=True)
class Surroundings:
    """What the worker is told by its environment."""

    database_url: str
    huey_url: str
    mail_port: int = 9
    lease_seconds: float = 60
    mail_timeout_seconds: float = 30

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "SECRET_KEY": "invented for tests, and used for nothing else",
            "SEALING_KEYS": SEALING_KEYS,
            "SERVICE_URL": "https://forms.example",
            "DATABASE_URL": self.database_url,
            "HUEY_URL": self.huey_url,
            "MAIL_SENDER": "no-reply@forms.example",
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(self.mail_port),
            "MAIL_SECURITY": "none",
            "MAIL_TIMEOUT_SECONDS": str(self.mail_timeout_seconds),
            "OUTBOX_LEASE_SECONDS": str(self.lease_seconds),
        }


@dataclass
class RunningWorker:
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def wait_until_started(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "worker_started" in line:
                return
        raise AssertionError("the worker did not start")

    def listen(self) -> None:
        self.said.extend(self.process.stdout or ())

    def kill(self) -> None:
        """As a power cut would: all its processes at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)

    def kill_the_first(self) -> None:
        """As a machine short of memory might: the process that the others belong to, and not the others."""
        self.process.kill()
        self.process.wait(timeout=10)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def members(self) -> int:
        """How many of its processes still run."""
        return len(self._processes())

    def presses(self) -> dict[int, int]:
        """The processes that draw, each with the one for which it draws."""
        return {pid: parent for pid, parent, program in self._processes() if "drawing" in program}

    def _processes(self) -> list[tuple[int, int, str]]:
        columns = ["ps", "-ww", "-e", "-o", "pgid=,stat=,pid=,ppid=,args="]
        listing = subprocess.run(columns, capture_output=True, text=True, check=True).stdout
        rows = [line.split(None, 4) for line in listing.splitlines()]
        return [
            (int(pid), int(parent), program)
            for pgid, state, pid, parent, program in rows
            if pgid == str(self.process.pid) and not state.startswith("Z")
        ]


@contextlib.contextmanager
def working(surroundings: Surroundings, *, processes: int = 2) -> Iterator[RunningWorker]:
    process = subprocess.Popen(
        command(processes),
        cwd=PROJECT,
        env=surroundings.environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    worker = RunningWorker(process)
    listener = threading.Thread(target=worker.listen)  # a worker whose words nobody takes stands still in the end
    try:
        worker.wait_until_started()
        listener.start()
        yield worker
    finally:
        worker.kill()
        if listener.is_alive():
            listener.join()
        assert process.stdout is not None
        process.stdout.close()


def wait_until(is_so: Callable[[], bool], *, seconds: float) -> float:
    """How long it took."""
    began = time.monotonic()
    while not is_so():
        took = time.monotonic() - began
        assert took < seconds, f"it was not so within {seconds} seconds"
        time.sleep(0.02)
    return time.monotonic() - began
