"""Tokens and webhooks for tests, confirmed as they are in life, and programs that use them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import update
from werkzeug.test import Client, TestResponse

from forms_app.db.tables import Person
from forms_app.domain.systems import OF_AGENCY, OF_BOARD, Event, Scope
from forms_app.services.tokens import confirm_token, make_token
from forms_app.services.webhooks import Added, add_webhook, confirm_webhook
from tests.factories.scenes import Scene

SERVICE_URL = "http://escalations.example"


@dataclass
class Program:
    """Another system, with its token."""

    app: Flask
    token: str
    token_id: UUID
    address: str = "192.0.2.7"

    def get(self, path: str, **headers: str) -> TestResponse:
        return self._ask("GET", path, headers)

    def post(self, path: str, said: Any, **headers: str) -> TestResponse:
        return self._ask("POST", path, headers, json.dumps(said))

    def file(self, document: UUID | str, filed_at: str, key: str) -> TestResponse:
        path = f"/documents/{document}/filings"
        return self._ask("POST", path, {"Idempotency-Key": key}, json.dumps({"filed_at": filed_at}))

    def _ask(self, method: str, path: str, headers: dict[str, str], data: str | None = None) -> TestResponse:
        return Client(self.app).open(
            f"/api/v1{path}",
            method=method,
            base_url=SERVICE_URL,
            headers={"Authorization": f"Bearer {self.token}", **headers},
            environ_base={"REMOTE_ADDR": self.address},
            data=data,
        )


def administrator_of(here: Scene, agency: str) -> UUID:
    """Somebody of the agency who administers it from now on."""
    person = here.at(agency, "first_line_manager") if agency != "school" else here.at(agency, "senior_manager")
    with here.database.writing() as session:
        session.execute(update(Person).where(Person.id == person).values(administers_agency=True))
    return person


def second_officer(here: Scene) -> UUID:
    """Somebody else of the business unit."""
    person = here.at("police", "colleague")
    with here.database.writing() as session:
        session.execute(update(Person).where(Person.id == person).values(seat="business_unit"))
    return person


def program_of(
    here: Scene,
    app: Flask,
    agency: str | None,
    *,
    scopes: Sequence[Scope] | None = None,
    days: int = 90,
    networks: Sequence[str] = (),
    confirmed: bool = True,
) -> Program:
    """A program of an agency, or with none of the Board."""
    unit = here.holder("business_unit")
    by = unit if agency is None else administrator_of(here, agency)
    chosen = scopes or (OF_BOARD if agency is None else OF_AGENCY)
    with here.workshop.writing() as work:
        made = make_token(
            work, by=by, token_id=uuid4(), name="An invented system", scopes=chosen, days=days, networks=networks
        )
    assert made is not None
    if confirmed:
        confirming = unit if agency is not None else second_officer(here)
        with here.workshop.writing() as work:
            confirm_token(work, by=confirming, token_id=made.id)
    return Program(app, made.token, made.id)


def webhook_of(
    here: Scene, agency: str | None, url: str, *, events: Sequence[Event] = (), confirmed: bool = True
) -> Added:
    unit = here.holder("business_unit")
    by = unit if agency is None else administrator_of(here, agency)
    standard = (Event.STAGE_ENTERED,) if agency is None else (Event.DOCUMENT_ISSUED, Event.STAGE_ENTERED)
    with here.workshop.writing() as work:
        added = add_webhook(work, by=by, webhook_id=uuid4(), url=url, events=events or standard)
    assert added is not None
    if confirmed:
        with here.workshop.writing() as work:
            confirm_webhook(work, by=second_officer(here) if agency is None else unit, webhook_id=added.id)
    return added


# --- a receiver --------------------------------------------------------------------------------------------------


@dataclass
class Got:
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Another system's end of a webhook, on this machine."""

    answer: Callable[[BaseHTTPRequestHandler], None]
    port: int = 0
    got: list[Got] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}/told"


def takes(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(204)
    handler.end_headers()


def answers(status: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()

    return answer


@contextmanager
def receiving(answer: Callable[[BaseHTTPRequestHandler], None] = takes) -> Iterator[Receiver]:
    receiver = Receiver(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.got.append(Got({name.lower(): value for name, value in self.headers.items()}, body))
            receiver.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(2)


def is_signed(got: Got, secret: str) -> bool:
    """As the specification of Standard Webhooks says it, read by ourselves and with no library."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = b".".join((got.headers["webhook-id"].encode(), got.headers["webhook-timestamp"].encode(), got.body))
    wanted = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    given = [each.split(",", 1) for each in got.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(signature, wanted) for version, signature in given)
