"""Workers that lose the task engine's storage, or are stopped and wake again, go on by themselves and spoil nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forms_app.services.poke import Pokes
from tests.journeys.workers import RunningWorker, Surroundings, wait_until, working
from tests.mail.owed import Office, Recipient, open_office, owe_code, owe_delivery
from tests.mail.servers import PAUSE, scripted
from tests.ports import free_port
from tests.postgres import PostgresServer
from tests.relay import relay
from tests.smtp import SmtpServer

TO = Recipient("perdita.quennell@brackenshire.example")
WITHOUT_A_QUEUE_WITHIN = 14
"""Twice the time between two looks, and a look."""


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Office]:
    with open_office(sqlite_url) as opened:
        opened.clock.now = datetime.now(UTC)
        yield opened


def code_goes(office: Office, smtp: SmtpServer, *, seconds: float) -> float:
    """How long it took."""
    before = len(smtp.received)
    office.clock.now = datetime.now(UTC)
    owe_code(office)
    return wait_until(lambda: len(smtp.received) > before, seconds=seconds)


def goes_at_once_again(office: Office, smtp: SmtpServer, huey_url: str) -> None:
    """A poke is heard: the workers have found the queue again."""
    poke = Pokes(huey_url)
    for _ in range(10):
        before = len(smtp.received)
        office.clock.now = datetime.now(UTC)
        owe_code(office)
        poke()
        if wait_until(lambda before=before: len(smtp.received) > before, seconds=14) < 1:  # type: ignore[misc]
            break
    else:
        raise AssertionError("pokes are not heard")
    poke.close()


def test_workers_look_while_the_queue_is_away_and_hear_pokes_when_it_is_back(
    office: Office, sqlite_url: str, postgres_server: PostgresServer, smtp_server: SmtpServer
) -> None:
    name = postgres_server.create_database()
    with relay(postgres_server.port) as way:
        huey_url = postgres_server.url(name).replace(str(postgres_server.port), str(way.port))
        with working(Surroundings(sqlite_url, huey_url, smtp_server.port)):
            code_goes(office, smtp_server, seconds=8)
            way.cut()
            code_goes(office, smtp_server, seconds=WITHOUT_A_QUEUE_WITHIN)
            way.mend()
            goes_at_once_again(office, smtp_server, huey_url)
    postgres_server.drop_database(name)


def test_workers_look_while_redis_is_away(
    office: Office, sqlite_url: str, smtp_server: SmtpServer, tmp_path: Path, release: bool
) -> None:
    if not release:
        pytest.skip("only for a release: the queue on PostgreSQL goes the same way")
    port = free_port()
    huey_url = f"redis://127.0.0.1:{port}/0"
    with running_redis(port, tmp_path) as first, working(Surroundings(sqlite_url, huey_url, smtp_server.port)):
        code_goes(office, smtp_server, seconds=8)
        first.terminate()
        first.wait()
        code_goes(office, smtp_server, seconds=WITHOUT_A_QUEUE_WITHIN)
        with running_redis(port, tmp_path):
            goes_at_once_again(office, smtp_server, huey_url)


@contextmanager
def running_redis(port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(1)
        yield process
    finally:
        process.terminate()
        process.wait()


def test_workers_go_on_when_the_file_of_the_queue_is_deleted(
    office: Office, sqlite_url: str, smtp_server: SmtpServer, tmp_path: Path, release: bool
) -> None:
    if not release:
        pytest.skip("only for a release: it takes twenty seconds")
    folder = tmp_path / "queue"
    huey_url = f"sqlite:///{folder / 'huey.db'}"
    with working(Surroundings(sqlite_url, huey_url, smtp_server.port)) as worker:
        code_goes(office, smtp_server, seconds=8)
        for file in folder.iterdir():
            file.unlink()
        code_goes(office, smtp_server, seconds=WITHOUT_A_QUEUE_WITHIN)
        end_those_that_work(worker)  # those that follow open the file anew, and find nothing in it
        code_goes(office, smtp_server, seconds=2 * WITHOUT_A_QUEUE_WITHIN)
        goes_at_once_again(office, smtp_server, huey_url)


def end_those_that_work(worker: RunningWorker) -> None:
    for pid in set(worker.presses().values()):
        os.kill(pid, signal.SIGKILL)


def suspend_between_writes(sleeper: RunningWorker, sqlite_url: str) -> None:
    """A process that is suspended while it writes keeps SQLite's lock from everybody, for as long as it sleeps."""
    for _ in range(20):
        os.killpg(sleeper.process.pid, signal.SIGSTOP)
        with contextlib.closing(sqlite3.connect(sqlite_url.partition(":///")[2], timeout=0)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError:
                os.killpg(sleeper.process.pid, signal.SIGCONT)
                time.sleep(0.01)
    raise AssertionError("it never stops writing")


def test_a_worker_that_slept_beyond_its_lease_ends_nothing_that_another_took(
    office: Office, sqlite_url: str, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    delivery = owe_delivery(office, TO)
    huey_url = f"sqlite:///{tmp_path / 'queue' / 'huey.db'}"
    with (
        scripted({"TEXT": f"{PAUSE}250 Taken"}) as slow,
        working(Surroundings(sqlite_url, huey_url, slow.port, lease_seconds=2)) as sleeper,
    ):
        wait_until(lambda: bool(slow.texts), seconds=10)
        suspend_between_writes(sleeper, sqlite_url)
        claimed_by = office.item(delivery).claimed_by
        with working(Surroundings(sqlite_url, huey_url, smtp_server.port, lease_seconds=2)):
            wait_until(lambda: office.item(delivery).done_at is not None, seconds=15)
        done = office.item(delivery)
        os.killpg(sleeper.process.pid, signal.SIGCONT)
        time.sleep(1.5)  # it hears now that its message was taken, and would end the work
        assert sleeper.stop() == 0

    assert claimed_by is not None
    assert (office.item(delivery).done_at, office.item(delivery).tries) == (done.done_at, done.tries)
    assert [one.message["Message-ID"] for one in smtp_server.received] == [f"<delivery.{delivery}@forms.example>"]
    assert f"Message-ID: <delivery.{delivery}@forms.example>".encode() in slow.texts[0]
    assert office.ledger(delivery)[:3] == [("started", None), ("started", None), ("accepted", 250)]
