"""Times a stage that closes, to the last of eight messages accepted, against the same documents and the same mail done raw.

Ours is everything after the form was filled in: the record with its checks and audit entries, two documents of four recipients each
owed, claimed, drawn in a press, proved, hashed and stored, and eight messages with both files posted one after the other by one
worker, each with its lines on the ledger; every commit reaches the disk. Raw is the same two documents by docxtpl and by WeasyPrint,
tuned as in `script/bench documents`, in a process that is loaded, and the eight messages by smtplib on one connection; nothing is stored.
Both hand over to one mail server in another process. Rounds are interleaved.

How long a poke takes from the web process to a worker depends on the queue and not on the work: it is measured apart, and not in the ratio.
"""

from __future__ import annotations

import gc
import io
import json
import shutil
import smtplib
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar
from uuid import UUID, uuid4

from docxtpl import DocxTemplate
from sqlalchemy import func, select
from weasyprint import HTML

from forms_app.db.migrate import migrate
from forms_app.db.tables import Attempt, Document, Party, Person
from forms_app.documents import pdf, standards, templates
from forms_app.documents.catalogue import kind_of
from forms_app.documents.contexts import Context
from forms_app.documents.press import Press
from forms_app.domain.acts import Act, acts_open_to
from forms_app.logs import configure_logs
from forms_app.mail.compose import Letterhead
from forms_app.mail.connection import MailServer
from forms_app.mail.postbox import Postbox
from forms_app.services.digests import Budget
from forms_app.services.outbox import Desk, run_due
from forms_app.services.poke import Pokes, looking, open_queue
from tests.factories.keys import KEYS
from tests.factories.scenes import Scene, scene

POLICY = "berkshire"
MESSAGES = 8
ROUNDS, WARM_UP = 12, 2
SECONDS = 40.0
POKES = 20
Made = TypeVar("Made")
SENDER = "post@escalations.example"
LETTERHEAD = Letterhead(SENDER, "http://escalations.example")


class Result(NamedTuple):
    """Median seconds of ours and of raw, the median of their ratios, and how long a poke takes to be heard."""

    ours: float
    raw: float
    ratio: float
    poke: float


def close_to_last_accepted(port: int) -> Result:
    """With a mail server at this port."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="forms-app-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        url = f"sqlite:///{folder / 'forms.db'}"
        migrate(url, KEYS)
        place, press = stack.enter_context(scene(url, POLICY)), stack.enter_context(Press())
        postbox = stack.enter_context(closing(Postbox(MailServer("127.0.0.1", port, security="none"))))
        desk = Desk(postbox, LETTERHEAD, press.issue, budget=Budget(of_one=10_000))
        times = raced(place, desk, port)
        poke = poke_seconds(f"sqlite:///{folder / 'huey.db'}")
    return Result(
        median(ours for ours, _ in times),
        median(raw for _, raw in times),
        median(ours / raw for ours, raw in times),
        poke,
    )


def raced(place: Scene, desk: Desk, port: int) -> list[tuple[float, float]]:
    ready = [ready_to_close(place) for _ in range(ROUNDS + WARM_UP)]
    work_off(place, desk)
    times: list[tuple[float, float]] = []
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    for number, escalation in enumerate(ready):
        by = closer(place, escalation)
        record, ours = timed(lambda escalation=escalation, by=by: closed(place, desk, escalation, by))  # type: ignore[misc]
        documents = documents_of(place, record)
        _, raw = timed(lambda documents=documents: raw_documents_and_mail(documents, port))  # type: ignore[misc]
        if number >= WARM_UP:
            times.append((ours, raw))
        if time.perf_counter() - started > SECONDS:
            break
    gc.unfreeze()
    return times


def timed(work: Callable[[], Made]) -> tuple[Made, float]:
    gc.collect()  # or the rubbish of one is swept up in the time of the other
    started = time.perf_counter()
    made = work()
    return made, time.perf_counter() - started


# --- ours ----------------------------------------------------------------------------------------------------------


def ready_to_close(place: Scene) -> UUID:
    """An escalation at its first stage with four people: its outcome closes it and makes two documents for each of them."""
    escalation = place.open().escalation_id
    with place.workshop.writing() as work:
        here = work.session.scalars(select(Party).where(Party.escalation_id == escalation)).all()
        wanted = select(Person).where(Person.agency_id.in_([party.agency_id for party in here]))
        others = work.session.scalars(wanted.where(Person.id.not_in([party.person_id for party in here]))).all()
        for number, person in enumerate(others[: 4 - len(here)], start=len(here) + 1):
            side = next(party.side for party in here if party.agency_id == person.agency_id)
            work.session.add(
                Party(
                    escalation_id=escalation,
                    number=number,
                    person_id=person.id,
                    agency_id=person.agency_id,
                    side=side,
                    level=person.level,
                    joined_at=work.now,
                )
            )
    place.hold(escalation)
    return escalation


def closer(place: Scene, escalation: UUID) -> UUID:
    now = place.standing(escalation)
    return next(each.person for each in place.places(escalation) if Act.RECORD_OUTCOME in acts_open_to(each, now))


def closed(place: Scene, desk: Desk, escalation: UUID, by: UUID) -> UUID:
    """The outcome is recorded, and one worker does what it owes."""
    record = place.outcome(escalation, by=by).record_id
    work_off(place, desk)
    return record


def work_off(place: Scene, desk: Desk) -> None:
    place.clock.now = datetime.now(UTC)
    while run_due(place.workshop, "bench", desk):
        place.clock.now = datetime.now(UTC)


def documents_of(place: Scene, record: UUID) -> list[tuple[str, Context, int]]:
    """What was made: kind, what it says, and to how many. Stops where a message was not accepted."""
    with place.workshop.reading() as work:
        made = work.session.scalars(select(Document).where(Document.record_id == record)).all()
        found = [
            (document.kind, kind_of(document.kind).context.model_validate_json(document.context), document.id)
            for document in made
            if document.issued_at is not None
        ]
        counted = [(kind, value, accepted(work.session, document)) for kind, value, document in found]
    check(sum(count for _, _, count in counted) == MESSAGES, f"not {MESSAGES} messages were accepted: {counted!r:.200}")
    return counted  # type: ignore[return-value]  # the catalogue's contexts are the contexts


def accepted(session: object, document: UUID) -> int:
    from forms_app.db.tables import Delivery

    wanted = select(func.count(Attempt.id.distinct())).join(Delivery, Delivery.id == Attempt.delivery_id)
    return session.scalar(wanted.where(Delivery.document_id == document, Attempt.result == "accepted")) or 0  # type: ignore[attr-defined,no-any-return]


# --- raw -----------------------------------------------------------------------------------------------------------


def raw_documents_and_mail(documents: Sequence[tuple[str, Context, int]], port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        for kind, value, recipients in documents:
            files = (("docx", plain_docxtpl(kind, value)), ("pdf", raw_pdf(pdf.filled(kind_of(kind), value))))
            for number in range(recipients):
                server.send_message(raw_message(f"person{number}@agency.example", files))


def raw_message(to: str, files: Sequence[tuple[str, bytes]]) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, to, "A document"
    message["Message-ID"] = f"<{uuid4()}@escalations.example>"
    message.set_content("A document is attached.\n")
    for ending, content in files:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=f"document.{ending}")
    return message


def raw_pdf(source: str) -> bytes:
    font_configuration, styles = pdf.shared()
    made: bytes = HTML(string=source).write_pdf(
        font_config=font_configuration, stylesheets=[styles], color_profiles=standards.colours(), **standards.OPTIONS
    )
    return made


def plain_docxtpl(kind: str, value: Context) -> bytes:
    template, file = DocxTemplate(templates.FOLDER / kind / "record.docx"), io.BytesIO()
    template.render(templates.blanks(kind_of(kind), value), autoescape=True)
    template.save(file)
    return file.getvalue()


# --- beside both ---------------------------------------------------------------------------------------------------


def poke_seconds(queue_url: str) -> float:
    """From a poke to its being taken from the queue, in one process, without the pause of a worker that found nothing before."""
    heard: list[float] = []
    queue, pokes = open_queue(queue_url), Pokes(queue_url)
    looking(queue, lambda: heard.append(time.perf_counter()))
    took = []
    for _ in range(POKES):
        started = time.perf_counter()
        pokes()
        queue.execute(queue.dequeue())
        took.append(heard[-1] - started)
    pokes.close()
    return median(took)


def check(is_so: bool, otherwise: str) -> None:
    if not is_so:
        sys.exit(f"script/bench closing: what is measured does not do its work: {otherwise}")


def main() -> None:
    from mail import running_sink

    configure_logs(io.StringIO())
    with running_sink() as sink:
        found = close_to_last_accepted(sink.port)
    if "--json" in sys.argv[1:]:
        print(json.dumps({"close_to_last_accepted_over_raw": round(found.ratio, 3)}))
        return
    print(f"{'':36}{'ours':>10}{'raw':>10}{'ratio':>8}")
    ours, raw = found.ours * 1000, found.raw * 1000
    print(f"{'close_to_last_accepted_over_raw':36}{ours:7.1f} ms{raw:7.1f} ms{found.ratio:8.2f}")
    print(f"{'a poke, from web to worker':36}{found.poke * 1000:7.1f} ms")


if __name__ == "__main__":
    main()
