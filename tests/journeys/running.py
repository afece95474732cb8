"""The service as it runs in earnest: two web processes and two workers, on one PostgreSQL, each a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.tree import PROJECT
from tests.journeys.workers import Surroundings, wait_until
from tests.ports import free_port

STARTS_WITHIN_SECONDS = 30
STOPS_WITHIN_SECONDS = 20


@dataclass(frozen=True)
class Site(Surroundings):
    """What all the processes are told: also at which address the service is."""

    service_url: str = ""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "SERVICE_URL": self.service_url}


@dataclass(frozen=True)
class Service:
    url: str
    folder: Path

    def said(self) -> str:
        """Everything that its processes have written so far."""
        return "\n".join(log.read_text("utf-8") for log in sorted(self.folder.glob("*.log")))


@contextmanager
def service(folder: Path, *, database_url: str, mail_port: int) -> Iterator[Service]:
    """Two web processes and two workers; all are gone at the end, whatever happened meanwhile."""
    port = free_port()
    site = Site(database_url, database_url, mail_port, service_url=f"http://127.0.0.1:{port}")
    web = ["run", "--processes", "2", "--bind", f"127.0.0.1:{port}"]
    found = Service(site.service_url, folder)
    with _process(web, folder / "web.log", site), _process(["worker", "--workers", "2"], folder / "worker.log", site):
        wait_until(lambda: answers(found.url), seconds=STARTS_WITHIN_SECONDS)
        wait_until(lambda: found.said().count("worker_started") > 0, seconds=STARTS_WITHIN_SECONDS)
        yield found


@contextmanager
def _process(words: list[str], log: Path, site: Site) -> Iterator[None]:
    start = f"import sys; from forms_app.commands import main; sys.exit(main({words!r}))"
    with log.open("wb") as output:
        process = subprocess.Popen(
            # The kernel stops it when the tests die, so that a killed run leaves none behind.
            ["setpriv", "--pdeathsig", "TERM", sys.executable, "-c", start],
            cwd=PROJECT,
            env=site.environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOPS_WITHIN_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(STOPS_WITHIN_SECONDS)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310 - our own loopback address
            return True
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
