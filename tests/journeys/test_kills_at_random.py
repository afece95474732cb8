"""Web and worker processes are killed at random while people write: what they saw received is kept, and everybody is mailed."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import select, update

from forms_app.commands.invented import invented_boards
from forms_app.db.database import Database
from forms_app.db.outbox import STANDING, OutboxKind
from forms_app.db.tables import (
    Attempt,
    Delivery,
    OutboxItem,
    StageRecord,
)
from forms_app.domain.working_days import uk_date
from forms_app.policies.bank_holidays import calendar_of
from forms_app.services.boards import set_up_board
from forms_app.services.workshop import Workshop
from tests import letters
from tests.architecture.tree import PROJECT
from tests.factories.keys import KEYS
from tests.factories.scenes import shelf
from tests.journeys.form_filler import FormFiller
from tests.journeys.running import Site, answers
from tests.journeys.town import text_of
from tests.journeys.workers import wait_until
from tests.ports import free_port
from tests.smtp import SmtpServer

CLIENTS = 3
LEASE_SECONDS = 5
KILLS = 200
ALL_OF_THEM = 0.1
PROCESSES_OF_A_WORKER = 5
"""Two that work, each with its press, and their clock."""


@dataclass
class Answer:
    """As FormFiller reads it."""

    status_code: int
    location: str
    text: str

    @property
    def status(self) -> str:
        return str(self.status_code)


@dataclass
class Browser:
    """Somebody's browser. When the connection drops they press the same button again until somebody answers."""

    url: str
    cookie: str = ""
    page: str = ""
    dropped: int = 0

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, form: dict[str, Any] | None = None) -> Answer:
        token = html.fromstring(self.page).xpath("//input[@name='csrf_token']/@value")[0]
        return self._ask("POST", path, urlencode({"csrf_token": token, **(form or {})}, doseq=True))

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        give_up_at = time.monotonic() + 120
        while time.monotonic() < give_up_at:
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = self._once(method, path, body)
                assert answer.status_code < 500, (method, path, answer.status_code)
                return answer
            self.dropped += 1
            time.sleep(0.1)
        raise AssertionError(f"nobody answered {method} {path}")

    def _once(self, method: str, path: str, body: str | None) -> Answer:
        place = urlsplit(self.url)
        headers = {"Cookie": self.cookie, "Sec-Fetch-Site": "same-origin"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with closing(http.client.HTTPConnection(str(place.hostname), place.port, timeout=20)) as connection:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
            for line in response.headers.get_all("Set-Cookie") or []:
                self.cookie = line.partition(";")[0]
        if response.status == 200:
            self.page = text
        location = urlsplit(response.headers.get("Location", "")).path
        return Answer(response.status, location, text)

    def sign_in(self, email: str, smtp: SmtpServer) -> None:
        self.get("/sign-in")
        assert self.post("/sign-in", {"email": email}).status_code == 303
        wait_until(lambda: bool(smtp.sent_to(email)), seconds=30)
        code = re.search(r"\b\d{6}\b", text_of(smtp.sent_to(email)[-1]))
        assert code is not None
        self.get("/sign-in/code")
        assert self.post("/sign-in/code", {"code": code[0]}).status_code == 303
        assert self.get("/escalations").status_code == 200


class Hasty(FormFiller):
    """Types what can be printed at once."""

    def meets_unprintable(self, path: str, page: str, chosen: dict[str, str]) -> None:
        pass


@dataclass
class Client:
    """Somebody who raises one concern after the other, and remembers each receipt that they saw."""

    browsers: list[Browser]
    pause: float
    receipts: list[str] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)

    def write(self, is_over: threading.Event) -> None:
        try:
            for number in range(10_000):
                if is_over.is_set():
                    return
                browser = self.browsers[number % len(self.browsers)]
                receipt = Hasty(browser, uk_date(datetime.now(UTC))).send("/escalations/new")  # type: ignore[arg-type]
                assert browser.get(receipt).status_code == 200
                self.receipts.append(receipt)
                is_over.wait(self.pause)
        except BaseException as fault:  # noqa: BLE001 - told by the test
            self.faults.append(fault)


@dataclass
class Killed:
    """One command with all its processes, which is started again whenever its first process is gone."""

    words: list[str]
    site: Site
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        start = f"import sys; from forms_app.commands import main; sys.exit(main({self.words!r}))"
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                # The kernel stops it when the tests die, so that a killed run leaves none behind.
                ["setpriv", "--pdeathsig", "TERM", sys.executable, "-c", start],
                cwd=PROJECT,
                env=self.site.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill_one(self, chance: random.Random) -> str:
        """One of its processes, which whoever began it replaces; now and then all of them, as a power cut would."""
        others = self.others()
        if not others or chance.random() < ALL_OF_THEM:
            self.end(signal.SIGKILL)
            self.start()
            return f"all of {self.words[0]}"
        with contextlib.suppress(ProcessLookupError):
            os.kill(chance.choice(others), signal.SIGKILL)
        return f"one of {self.words[0]}"

    def end(self, by: signal.Signals) -> None:
        if self.process is not None:
            if by is not signal.SIGKILL:
                self.process.send_signal(by)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(20)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)

    def others(self) -> list[int]:
        """All but the first."""
        assert self.process is not None
        listing = subprocess.run(["ps", "-e", "-o", "pgid=,pid="], capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in listing.splitlines()]
        return sorted(int(pid) for pgid, pid in rows if pgid == str(self.process.pid) != pid)


@contextmanager
def running(killed: Killed) -> Iterator[Killed]:
    killed.start()
    try:
        yield killed
    finally:
        killed.end(signal.SIGTERM)


@dataclass
class Place:
    database: Database
    smtp: SmtpServer
    url: str
    web: Killed
    worker: Killed
    raisers: list[str]

    def is_up_again(self) -> None:
        """Whatever was killed before answers and works, so that the next kill comes in the middle of something."""
        wait_until(lambda: answers(self.url), seconds=120)
        wait_until(lambda: len(self.worker.others()) >= PROCESSES_OF_A_WORKER, seconds=120)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, smtp_server: SmtpServer, release: bool) -> Iterator[Place]:
    if request.param == "postgresql" and not release:
        pytest.skip("only for a release: workers are killed on PostgreSQL by test_kill.py every day")
    database_url: str = request.getfixturevalue(f"{request.param}_url")
    boards = invented_boards(shelf())
    port = free_port()
    queue = database_url if database_url.startswith("postgresql") else f"sqlite:///{tmp_path / 'huey.db'}"
    url = f"http://127.0.0.1:{port}"
    site = Site(database_url, queue, smtp_server.port, lease_seconds=LEASE_SECONDS, service_url=url)
    web = Killed(["run", "--processes", "2", "--bind", f"127.0.0.1:{port}"], site, tmp_path / "web.log")
    worker = Killed(["worker", "--workers", "2"], site, tmp_path / "worker.log")
    with closing(Database(database_url, KEYS)) as database:
        with Workshop(database, shelf(), calendar_of, lambda: datetime.now(UTC)).writing() as work:
            for board in boards:
                set_up_board(work, board.given)
            # They take a minute, and are not what this is about.
            blank = OutboxItem.kind == OutboxKind.MAKE_BLANK_FORMS.value
            work.session.execute(update(OutboxItem).where(blank).values(done_at=work.now))
        with running(web), running(worker):
            yield Place(database, smtp_server, url, web, worker, [board.raiser.email for board in boards])


def test_what_was_received_is_kept_and_everybody_is_mailed(place: Place, release: bool) -> None:
    kills, chance, is_over = KILLS if release else 4, random.Random(11), threading.Event()
    clients = [Client([], pause=3 if release else 0.1) for _ in range(CLIENTS)]
    for number, email in enumerate(place.raisers if release else place.raisers[:CLIENTS]):
        browser = Browser(place.url)
        browser.sign_in(email, place.smtp)
        clients[number % CLIENTS].browsers.append(browser)

    killed = Counter[str]()
    with ExitStack() as writing:
        for client in clients:
            thread = threading.Thread(target=client.write, args=(is_over,))
            thread.start()
            writing.callback(thread.join)
        writing.callback(is_over.set)
        for _ in range(kills):
            place.is_up_again()
            time.sleep(chance.uniform(0.2, 1.8 if release else 0.6))
            killed[chance.choice([place.web, place.worker]).kill_one(chance)] += 1
    assert [client.faults for client in clients] == [[]] * CLIENTS
    receipts = [receipt for client in clients for receipt in client.receipts]
    dropped = sum(each.dropped for client in clients for each in client.browsers)
    counts = {**killed, "receipts": len(receipts), "messages": len(place.smtp.received), "dropped connections": dropped}
    place.web.log.with_name("counts.json").write_text(json.dumps(counts), "utf-8")
    assert sum(killed.values()) == kills
    assert len(receipts) >= CLIENTS

    wait_until(lambda: not still_owed(place), seconds=60 + kills)
    nobody_was_forgotten(place, receipts)
    with place.database.reading() as session:
        assert letters.faults_by_records(session, place.smtp.sent()) == [], "no message is about nothing"


def still_owed(place: Place) -> list[UUID]:
    standing = [*STANDING, OutboxKind.WATCH]
    with place.database.reading() as session:
        owed = select(OutboxItem.id).where(OutboxItem.done_at.is_(None), OutboxItem.kind.not_in(standing))
        return list(session.scalars(owed.order_by(OutboxItem.id)))


def nobody_was_forgotten(place: Place, receipts: list[str]) -> None:
    """Each receipt’s record is there, and each delivery came to its address, under one Message-ID."""
    came = messages_by_letter(place.smtp)
    with place.database.reading() as session:
        records = set(session.scalars(select(StageRecord.id)))
        deliveries = session.scalars(select(Delivery)).all()
        begun = Counter(session.scalars(select(Attempt.delivery_id).where(Attempt.result == "started")))
        session.expunge_all()
    assert {UUID(receipt.rpartition("/")[2]) for receipt in receipts} <= records
    assert len(receipts) == len(set(receipts))
    assert {delivery.document_id for delivery in deliveries}
    for delivery in deliveries:
        assert delivery.notification_id is None, "the budget is not reached here"
        to = came["delivery", delivery.id]
        assert set(to) == {delivery.address}
        assert len(to) <= begun[delivery.id], "a second copy is a line of the ledger"


def messages_by_letter(smtp: SmtpServer) -> dict[tuple[str, UUID], list[str]]:
    """To whom each message went, by what its Message-ID says that it is about."""
    found: dict[tuple[str, UUID], list[str]] = defaultdict(list)
    for message_id, to in smtp.sent():
        named = letters.MESSAGE_ID.fullmatch(message_id)
        assert named is not None, message_id
        found[named[1], UUID(named[2])].append(to)
    return found
