"""The worker: processes that look at the outbox whenever they are poked, and every few seconds in any case."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from huey import Huey
from huey.consumer import Consumer, Scheduler, Worker

from forms_app.db.database import Database
from forms_app.db.keys import WrappingKeys
from forms_app.documents import pictures
from forms_app.documents.locks import lock
from forms_app.documents.press import Limits, Press
from forms_app.mail.compose import Letterhead
from forms_app.mail.connection import MailServer
from forms_app.mail.mailbox import Mailbox
from forms_app.mail.postbox import Postbox
from forms_app.policies.bank_holidays import calendar_of
from forms_app.policies.shelf import Shelf
from forms_app.services.attachments import Lock, password_of
from forms_app.services.calling import Caller
from forms_app.services.outbox import MOST_AT_ONCE, Desk, run_due
from forms_app.services.poke import looking, open_queue
from forms_app.services.regular import owe_regular_work
from forms_app.services.rehearsals import Rehearse
from forms_app.services.watchdog import Heartbeat
from forms_app.services.workshop import Workshop

if TYPE_CHECKING:  # what seals takes half a second to import, and few need it
    from forms_app.documents.seals import Seal

SWEEP_SECONDS = 5
LONGEST_SLEEP_SECONDS = 0.5
SAID_AGAIN_SECONDS = 60
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker works on, and with what."""

    database_url: str
    wrapping: WrappingKeys
    shelf: Shelf
    huey_url: str
    mail_server: MailServer
    letterhead: Letterhead
    lease: timedelta
    workers: int = 2
    seal: Seal | None = None
    mailbox: Mailbox | None = None
    """Where messages that come back are read."""
    caller: Caller = field(default_factory=Caller)
    """How the addresses of webhooks are reached."""
    reminders_hour: int = 8
    """The hour of the UK day at which people are reminded."""
    heads: Path | None = None
    """The file in which the heads of the trail are published."""
    rehearse: Rehearse | None = None
    """What walks an invented escalation through a policy."""
    attachments_secret: bytes | None = None
    """What the passwords of attached PDFs are worked out from; None where they travel open."""


def run(job: Job) -> None:
    """Works until it is told to stop (SIGTERM), and then ends what it has begun. Raises QueueFault."""
    queue, rounds = _queue(job)
    consumer = _Consumer(
        queue,
        rounds,
        workers=job.workers,
        worker_type="process",
        max_delay=LONGEST_SLEEP_SECONDS,
        graceful_signal="TERM",
        health_check_interval=1,
    )
    log.info("worker_started", processes=job.workers)
    consumer.run()


def _queue(job: Job) -> tuple[Huey, Rounds]:
    queue = open_queue(job.huey_url, busy_seconds=5)

    @cache
    def bench() -> Bench:
        # Made in each process for itself: connections do not survive a fork.
        name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        workshop = Workshop(Database(job.database_url, job.wrapping), job.shelf, calendar_of, lambda: datetime.now(UTC))
        # A document that takes half the lease is given up, so that one text cannot hold up the messages of everybody else.
        press = Press(Limits(seconds=job.lease.total_seconds() / 2))
        press.start()
        issue = press.issue if job.seal is None else job.seal.sealing(press.issue, workshop.clock)
        draw = pictures.pages if pictures.can_draw() else None
        postbox = Postbox(job.mail_server)
        desk = Desk(
            postbox,
            job.letterhead,
            issue,
            _lock(job),
            draw,
            job.mailbox,
            job.reminders_hour,
            job.heads,
            job.rehearse,
            job.caller,
        )
        return Bench(workshop, name, desk, postbox, Heartbeat(workshop, name))

    def look() -> None:
        here = bench()
        try:
            here.heartbeat.beat()
            owe_regular_work(
                here.workshop, reads_bounces=job.mailbox is not None, publishes_heads=job.heads is not None
            )
            for count in range(MOST_AT_ONCE):
                wake_one = wake if count == 0 else _nobody
                if not run_due(here.workshop, here.name, here.desk, lease=job.lease, most=1, wake_another=wake_one):
                    break
                here.heartbeat.beat()
            here.postbox.close_if_idle()
        except Exception:  # the next look may find the database again
            log.exception("outbox_not_looked_at")

    def wake() -> None:
        # After something was claimed: whatever is wrong with the queue, the work goes on.
        try:
            ask()
        except Exception as fault:  # noqa: BLE001 - each of the three storages has errors of its own
            log.warning("no_worker_woken", fault=type(fault).__name__)

    rounds = Rounds(look)
    ask: Callable[[], Any] = looking(queue, rounds.look)
    queue.on_startup(name="load")(bench)  # so that the first document need not wait
    queue.periodic_task(_always, name="sweep")(rounds.look)
    return queue, rounds


@dataclass(frozen=True, slots=True)
class Bench:
    """Where one process works."""

    workshop: Workshop
    name: str
    desk: Desk
    postbox: Postbox
    heartbeat: Heartbeat


class Rounds:
    """One process's looks at the outbox: when the queue asks for one, and by its own clock when the queue is silent."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look = look
        self._looked_at = time.monotonic()

    def look(self) -> None:
        self._look()
        self._looked_at = time.monotonic()

    def look_if_nobody_asks(self) -> None:
        if time.monotonic() - self._looked_at > 2 * SWEEP_SECONDS:
            self.look()


def _lock(job: Job) -> Lock | None:
    seal, attachments_secret = job.seal, job.attachments_secret
    if attachments_secret is None:
        return None

    def locked(pdf: bytes, document_id: UUID) -> bytes:
        password = password_of(attachments_secret, document_id)
        return lock(pdf, password) if seal is None else seal.sign(lock(pdf, password), password)

    return locked


def _always(_: datetime) -> bool:
    return True


def _nobody() -> None:
    pass


class _Seldom(logging.Filter):
    """While the queue is away the same is found wrong several times a second: it is said once a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        is_new = time.monotonic() - self._said.get(record.msg, -SAID_AGAIN_SECONDS) >= SAID_AGAIN_SECONDS
        if is_new:
            self._said[record.msg] = time.monotonic()
        return is_new


_seldom = _Seldom()


def _quiet(logger: logging.Logger) -> logging.Logger:
    logger.addFilter(_seldom)
    return logger


class _Worker(Worker):  # type: ignore[misc]  # huey has no types
    rounds: Rounds

    def create_logger(self) -> logging.Logger:
        return _quiet(super().create_logger())

    def loop(self, now: datetime | None = None) -> None:
        super().loop(now)
        self.rounds.look_if_nobody_asks()


class _Scheduler(Scheduler):  # type: ignore[misc]  # huey has no types
    periodic_task_seconds = SWEEP_SECONDS

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._parent = os.getpid()

    def create_logger(self) -> logging.Logger:
        return _quiet(super().create_logger())

    def loop(self, now: datetime | None = None) -> None:
        # The consumer's processes outlive it when it is killed: without it nobody replaces or stops them.
        if os.getppid() != self._parent:
            self.stop_flag.set()
            return
        super().loop(now)


class _Consumer(Consumer):  # type: ignore[misc]  # huey has no types
    worker_class = _Worker
    scheduler_class = _Scheduler

    def __init__(self, queue: Huey, rounds: Rounds, **settings: Any) -> None:
        self._rounds = rounds
        super().__init__(queue, **settings)

    def _create_worker(self) -> _Worker:
        worker: _Worker = super()._create_worker()
        worker.rounds = self._rounds
        return worker
