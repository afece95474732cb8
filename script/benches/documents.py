"""Times documents against the bare equivalents, all in one run.

`issue` is the PDF alone, in this process: the gate, the filling of the template, the drawing, the validation, the reading back, the
hash, and the row in a database that reaches the disk. `worked` is all that a worker does with a document that is owed: it looks
whether the same was made before, has a press draw both files, and stores them, in several transactions. Raw WeasyPrint is tuned
as well as ours, on the same page: the same fonts, style sheet, standards and colours, in a process that is loaded. Plain docxtpl
gets the same text. Rounds are interleaved, so that whatever else the machine does falls on all alike.
"""

from __future__ import annotations

import gc
import hashlib
import http.client
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from uuid import UUID

from docxtpl import DocxTemplate
from sqlalchemy import select
from weasyprint import HTML

from forms_app.app import create_app
from forms_app.commands.service import gunicorn_options
from forms_app.db import outbox
from forms_app.db.migrate import migrate
from forms_app.db.tables import Delivery, DocumentFile, OutboxItem, Person
from forms_app.documents import pdf, standards, templates, word
from forms_app.documents.catalogue import kind_of
from forms_app.documents.contexts import Answer, Heading, Party, Section, TimeLimit, WrittenAccount
from forms_app.documents.issue import admit
from forms_app.documents.press import Press
from forms_app.logs import configure_logs
from forms_app.services.issuing import make_document
from forms_app.services.outbox import LEASE
from forms_app.settings import settings_from
from tests.factories.keys import KEYS, SEALING_KEYS
from tests.factories.scenes import scene
from tests.mail.owed import Office, open_office, owe_document
from tests.ports import free_port
from tests.web.visitor import Visitor

KIND = kind_of("written_account")
ORDER = ("issue", "worked", "docx")
ROUNDS = 20
SECONDS = 60.0
BATCH, BATCHES = 8, 5
GROWING, WARM_UP = 300, 20
DOWNLOADS = 80
OFFICE = shutil.which("soffice")
OFFICE_COPIES = 5
SHEET = "build/site.css"
SERVICE_URL = "http://escalations.example"
SETTINGS = {
    "SECRET_KEY": "invented " * 8,
    "SEALING_KEYS": SEALING_KEYS,
    "SERVICE_URL": SERVICE_URL,
    "MAIL_SENDER": "post@escalations.example",
}

HEADING = Heading(
    board="Brackenshire Safeguarding Children Partnership",
    title="Written account of the concern",
    policy="Resolution of Professional Disagreements, version 4 (1 April 2026)",
    reference="BRK-2026-0001",
    issued_on="2 November 2026",
    business_unit="Business unit, business.unit@brackenshire.example, 01632 960001",
)
PARTY = Party(
    name="Wren Ashdown", job_title="Health visitor", agency="Brackenshire Community Health", side="Raised the concern"
)
SENTENCE = "Two home visits were missed in the last three weeks & the home conditions (seen < 2 hours) had not improved – see Llŷr’s note. "


def context(*, answers: int, rows: int) -> WrittenAccount:
    return WrittenAccount(
        heading=HEADING,
        raised_by=PARTY,
        raised_on="28 October 2026 at 4.30pm",
        stage="Stage 1: practitioners",
        parties=(PARTY,) * 2,
        subject=(Answer(question="Child’s name", answer="Ottilie Marchbank"),),
        sections=(
            Section(
                title="The concern",
                answers=tuple(Answer(question=f"Question {number}?", answer=SENTENCE * 4) for number in range(answers)),
            ),
        )
        * bool(answers),
        time_limits=tuple(
            TimeLimit(
                who="First-line managers", what=f"Meet, time {number}", by_when="5pm on 4 November 2026", kept="Kept"
            )
            for number in range(rows)
        ),
    )


CONTEXTS = {
    1: context(answers=0, rows=1),
    2: context(answers=4, rows=4),
    5: context(answers=16, rows=24),
}

# --- a document issued, and its bare equivalents -------------------------------------------------------------------


class Desk:
    """A worker's place: a database and a press."""

    def __init__(self, office: Office, press: Press) -> None:
        self.office, self.press = office, press

    def drawing(self, value: WrittenAccount) -> Callable[[], None]:
        """Issues the PDF of a document that is owed, here."""
        document = owe_document(self.office, (), kind=KIND.code, context="{}")
        claim = self.claimed(document)
        with self.office.workshop.writing() as work:
            outbox.finish(work.session, claim.item_id, "bench", work.now)

        def draw_and_keep() -> None:
            admit(KIND, value)
            made = pdf.make(KIND, value)
            digest = hashlib.sha256(made).hexdigest()
            with self.office.workshop.writing() as work:
                file = DocumentFile(document_id=document, format="pdf", content=made, sha256=digest, issued_at=work.now)
                work.session.add(file)

        return draw_and_keep

    def issuing(self, value: WrittenAccount) -> Callable[[], None]:
        """Issues a document that is owed and claimed already."""
        document = owe_document(self.office, (), kind=KIND.code, context=value.model_dump_json())
        claim = self.claimed(document)

        def work_on_it() -> None:
            make_document(self.office.workshop, claim, self.press.issue)

        return work_on_it

    def claimed(self, document: UUID) -> outbox.Claim:
        with self.office.workshop.writing() as work:
            (claim,) = outbox.claim(work.session, "bench", work.now, 1, LEASE)
        check(claim.about_id == document, "another document is owed")
        return claim


def raw_pdf(source: str) -> bytes:
    font_configuration, styles = pdf.shared()
    made: bytes = HTML(string=source).write_pdf(
        font_config=font_configuration, stylesheets=[styles], color_profiles=standards.colours(), **standards.OPTIONS
    )
    return made


def issue_docx(value: WrittenAccount) -> None:
    admit(KIND, value)
    hashlib.sha256(word.make(KIND, value)).hexdigest()


def plain_docxtpl(value: WrittenAccount) -> bytes:
    template, file = DocxTemplate(templates.FOLDER / KIND.code / "record.docx"), io.BytesIO()
    template.render(templates.blanks(KIND, value), autoescape=True)
    template.save(file)
    return file.getvalue()


def races(desk: Desk) -> dict[str, tuple[Callable[[], Callable[[], object]], Callable[[], object]]]:
    """What prepares ours, and the bare equivalent, by the name of their ratio."""
    found: dict[str, tuple[Callable[[], Callable[[], object]], Callable[[], object]]] = {}
    for pages, value in CONTEXTS.items():
        source = pdf.filled(KIND, value)
        found[f"issue_{pages}p_over_raw"] = (
            (lambda value=value: desk.drawing(value)),
            (lambda source=source: raw_pdf(source)),
        )
        found[f"worked_{pages}p_over_raw"] = (
            (lambda value=value: desk.issuing(value)),
            (lambda source=source: raw_pdf(source)),
        )
        found[f"docx_{pages}p_over_docxtpl"] = (
            (lambda value=value: lambda: issue_docx(value)),
            (lambda value=value: plain_docxtpl(value)),
        )
    return found


class Race(NamedTuple):
    """Median seconds of ours and of the bare equivalent, and the median of their ratios, each pair run one after the other."""

    ours: float
    bare: float
    ratio: float


def seconds(work: Callable[[], object]) -> float:
    gc.collect()  # or the rubbish of one is swept up in the time of the other
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def race(entries: dict[str, tuple[Callable[[], Callable[[], object]], Callable[[], object]]]) -> dict[str, Race]:
    times: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for prepare, bare in entries.values():
        for _ in range(2):
            prepare()(), bare()
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    for number in range(ROUNDS):
        for name, (prepare, bare) in entries.items():
            ours = prepare()
            if number % 2:
                times[name].append((seconds(ours), seconds(bare)))
            else:
                times[name].append((seconds(bare), seconds(ours))[::-1])
        if time.perf_counter() - started > SECONDS:
            break
    gc.unfreeze()
    return {name: medians(pairs) for name, pairs in times.items()}


def medians(pairs: list[tuple[float, float]]) -> Race:
    return Race(
        median(ours for ours, _ in pairs),
        median(bare for _, bare in pairs),
        median(ours / bare for ours, bare in pairs),
    )


def check_pages(desk: Desk) -> None:
    """The contexts really make the pages that the ratios are named after."""
    for pages, value in CONTEXTS.items():
        made = len(pdf.pdf_pages(desk.press.issue(KIND.code, value).pdf))
        check(made == pages, f"the example of {pages} pages has {made}: change its answers or rows")


def check(is_so: bool, otherwise: str) -> None:
    if not is_so:
        sys.exit(f"script/bench documents: what is measured does not do its work: {otherwise}")


# --- two processes, and what one grows by ----------------------------------------------------------------------------


def two_over_one(one: Press, other: Press) -> float:
    """How many times the documents of one press two make in the same time."""
    draw_batch(one), draw_batch(other)
    ratios = []
    with ThreadPoolExecutor(2) as threads:
        for _ in range(BATCHES):
            alone = seconds(lambda: draw_batch(one))
            together = seconds(lambda: list(threads.map(draw_batch, (one, other))))
            ratios.append(2 * alone / together)
    return median(ratios)


def draw_batch(press: Press) -> None:
    for _ in range(BATCH):
        press.issue(KIND.code, CONTEXTS[2])


def growth_per_document(desk: Desk) -> float:
    """KiB by which a worker and its press grow with each document that they issue, without being replaced."""
    for number in range(WARM_UP):
        issue_another(desk, number)
    first, before = desk.press.pid, resident(desk)
    for number in range(GROWING):
        issue_another(desk, number)
    check(desk.press.pid == first, "the press was replaced meanwhile")
    return (resident(desk) - before) / GROWING


def issue_another(desk: Desk, number: int) -> None:
    """No two say the same."""
    value = CONTEXTS[1].model_copy(update={"raised_on": f"28 October 2026, number {number}"})
    desk.issuing(value)()


def resident(desk: Desk) -> float:
    gc.collect()
    return sum(resident_of(pid) for pid in (os.getpid(), desk.press.pid))


def resident_of(pid: int | None) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


# --- a download ----------------------------------------------------------------------------------------------------


def download_over_static(folder: Path, press: Press) -> Race:
    """A document downloaded again by somebody to whom it is owed, against a style sheet, from the same server."""
    url = f"sqlite:///{folder / 'web.db'}"
    migrate(url, KEYS)
    with scene(url, "hull") as place:
        place.clock.now = datetime.now(UTC)  # as the server's is
        place.open()
        app = create_app(settings_from({**SETTINGS, "DATABASE_URL": url}), workshop=place.workshop, poke=lambda: None)
        path, cookie = issued_and_signed_in(app, place, press)
        with web_server(url, folder / "huey.db") as port:
            static = f"/static/{SHEET}"
            check(len(fetch(port, path, cookie)) > 10_000, "the download is no document")
            check(len(fetch(port, static, "")) > 10_000, "the style sheet is none")
            pairs = []
            for _ in range(DOWNLOADS):
                ours = seconds(lambda: fetch(port, path, cookie))
                pairs.append((ours, seconds(lambda: fetch(port, static, ""))))
    return medians(pairs)


def issued_and_signed_in(app: Any, place: Any, press: Press) -> tuple[str, str]:
    """Where a document is, and the cookie of somebody to whom it is owed."""
    with place.workshop.writing() as work:
        claims = outbox.claim(work.session, "bench", work.now, 20, LEASE)
    claim = next(claim for claim in claims if claim.kind == outbox.OutboxKind.MAKE_DOCUMENT)
    make_document(place.workshop, claim, press.issue)
    with place.workshop.reading() as work:
        owed_to = select(Person.email).join(Delivery).where(Delivery.document_id == claim.about_id)
        email = work.session.scalars(owed_to).first()
    visitor = Visitor(app, SERVICE_URL)
    visitor.ask_for_code(str(email))
    with place.workshop.reading() as work:
        wanted = select(OutboxItem.payload).where(OutboxItem.kind == "sign_in_message")
        (message,) = work.session.scalars(wanted).all()
    visitor.type_code(message["code"])
    return f"/documents/{claim.about_id}/pdf", f"session={visitor.cookie()}"


@contextmanager
def web_server(url: str, queue: Path) -> Iterator[int]:
    """One process, so that both are answered by the same."""
    port = free_port()
    server = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "gunicorn", *gunicorn_options(f"127.0.0.1:{port}", 1)],
        env={**os.environ, **SETTINGS, "DATABASE_URL": url, "HUEY_URL": f"sqlite:///{queue}"},
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 30
        while True:
            try:
                fetch(port, "/health", "")
                break
            except OSError:
                check(time.monotonic() < until, "the web server does not answer")
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def fetch(port: int, path: str, cookie: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Host": "escalations.example", "Cookie": cookie})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    check(answer.status == 200, f"{path} answers {answer.status}")
    return content


# --- LibreOffice ---------------------------------------------------------------------------------------------------


def office_seconds(folder: Path) -> dict[int, float]:
    """How long LibreOffice takes for the same as a plain PDF when it runs already: what each more takes that it is given at once.

    Its PDF has no tags, is not validated and is not read back.
    """
    return {
        pages: (converting(folder, made, 1 + OFFICE_COPIES) - converting(folder, made, 1)) / OFFICE_COPIES
        for pages, value in CONTEXTS.items()
        for made in (word.make(KIND, value),)
    }


def converting(folder: Path, docx: bytes, copies: int) -> float:
    names = [f"{number}.docx" for number in range(copies)]
    for name in names:
        (folder / name).write_bytes(docx)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [str(OFFICE), profile, "--headless", "--convert-to", "pdf", "--outdir", "out", *names]
    return seconds(lambda: subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=True))  # noqa: S603


# --- all of it -----------------------------------------------------------------------------------------------------


def main() -> None:
    configure_logs(io.StringIO())
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="forms-app-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        url = f"sqlite:///{folder / 'forms.db'}"
        migrate(url, KEYS)
        press, other = stack.enter_context(Press()), stack.enter_context(Press())
        desk = Desk(stack.enter_context(open_office(url)), press)
        check_pages(desk)
        measured = dict(sorted(race(races(desk)).items(), key=lambda item: ORDER.index(item[0].partition("_")[0])))
        twice = two_over_one(press, other)
        other.close()
        growth = growth_per_document(desk)
        download = download_over_static(folder, press)
        libre = office_seconds(folder) if OFFICE else {}
    if "--json" in sys.argv[1:]:
        found = {name: each.ratio for name, each in measured.items()}
        found |= {"two_processes_over_one": twice, "growth_kib_per_document": growth}
        found |= {"redownload_over_static": download.ratio}
        found |= {
            f"issue_{pages}p_over_libreoffice": measured[f"issue_{pages}p_over_raw"].ours / took
            for pages, took in libre.items()
        }
        print(json.dumps({name: round(value, 3) for name, value in found.items()}))
        return
    print(f"{'':28}{'ours':>10}{'bare':>10}{'ratio':>8}")
    for name, each in (*measured.items(), ("redownload_over_static", download)):
        print(f"{name:28}{each.ours * 1000:7.1f} ms{each.bare * 1000:7.1f} ms{each.ratio:8.2f}")
    for pages, took in libre.items():
        ours = measured[f"issue_{pages}p_over_raw"].ours
        print(f"{f'issue_{pages}p_over_libreoffice':28}{ours * 1000:7.1f} ms{took * 1000:7.1f} ms{ours / took:8.2f}")
    print(f"{'two_processes_over_one':28}{twice:28.2f}")
    print(f"{'growth_kib_per_document':28}{growth:28.2f}")


if __name__ == "__main__":
    main()
