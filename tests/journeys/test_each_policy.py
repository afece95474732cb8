"""The whole way, for every route of every policy: from the first form to the documents in everybody's hands."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from lxml import html
from pypdf import PdfReader

from forms_app.logs import configure_logs
from tests.factories.scenes import shelf
from tests.journeys.form_filler import CANARIES, LOOKED_FOR
from tests.journeys.town import Town, text_of, text_of_docx, town
from tests.security.at_rest import on_disk, read_without_keys
from tests.smtp import Received, SmtpServer

BOARD_IS_NOT_TOLD = {
    ("four-lscb@2019", "joint_response"),
    ("four-lscb@2019", "plan_implementation"),
    ("hull@2015", "conference_dissent"),
}
"""Routes that end with a final decision, a conference chair or another procedure, before the policy tells the Board."""
ROUTES = [(policy.key, route.id) for policy in shelf() for route in policy.routes]


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged, as it is logged in earnest."""
    stream, root = io.StringIO(), logging.getLogger()
    before = (root.handlers, root.level, logging.raiseExceptions)
    configure_logs(stream)
    yield stream
    root.handlers, level, logging.raiseExceptions = before
    root.setLevel(level)


class Walk:
    """One escalation on its way, seen by everybody of its Board."""

    def __init__(self, town: Town, policy: str, route: str) -> None:
        self.town, self.board = town, town.boards[policy]
        self.raiser = self.board.raiser.email
        if kinds := town.workshop.shelf.get(policy).route(route).between:
            agency = next(each for each in self.board.given.agencies if each.kind == kinds[0])
            self.raiser = next(each.email for each in agency.people if each.level == "practitioner")
        self.sent = len(town.smtp.received)
        receipt = town.fill(self.raiser, "/escalations/new", **{"f-route": route})
        self.path = receipt.partition("/sent/")[0]
        self.check_post()

    def to_the_end(self) -> None:
        for _ in range(12):
            self.others_write()
            if not self.take_further():
                break
        if self.is_open():
            self.resolve()

    def others_write(self) -> None:
        for email in self.able("account"):
            if email != self.raiser:
                self.do(email, "account")
                return

    def take_further(self) -> bool:
        able = self.able("step-up")
        if able:
            self.do(able[0], "step-up")
        return bool(able)

    def resolve(self) -> None:
        closers = self.able("outcome")
        if not closers:
            self.do(self.able("meeting-held")[0], "meeting-held")
            closers = self.able("outcome")
        self.do(closers[0], "outcome")
        while able := self.able("agreement"):
            self.do(able[0], "agreement")

    def do(self, email: str, form: str) -> None:
        self.town.fill(email, f"{self.path}/{form}")
        self.check_post()

    def able(self, form: str) -> list[str]:
        """The parties who are offered this form now, the raiser first."""
        parties = [self.raiser, *(email for email in self.town.emails_of(self.board) if email != self.raiser)]
        found = []
        for email in parties:
            answer = self.town.visitor(email).get(self.path) if self.is_party(email) else None
            if answer is not None and f'href="{self.path}/{form}"' in answer.text:
                found.append(email)
        return found

    def is_party(self, email: str) -> bool:
        """Whoever had a message about it and may open its page."""
        return bool(self.town.smtp.sent_to(email)) and self.town.visitor(email).get(self.path).status_code == 200

    def is_open(self) -> bool:
        return "What you can do now" in self.town.visitor(self.raiser).get(self.path).text

    def check_post(self) -> None:
        """After each thing that is done: who was told, and that no message says more than it may."""
        self.town.release(self.path)
        new, self.sent = self.town.smtp.received[self.sent :], len(self.town.smtp.received)
        told = [message for message in new if message.kind == "delivery"]
        assert any(message.rcpt_tos == (self.raiser,) for message in told), "the raiser is told of everything"
        for message in told:
            check_message(message, self.board.given.secure_domains)


def check_message(received: Received, secure: list[str]) -> None:
    message = received.message
    assert len(received.rcpt_tos) == 1
    assert message.get_all("To") == [received.rcpt_tos[0]]
    assert message["Cc"] is None
    assert message["Bcc"] is None
    outside = "\n".join(
        [str(message.items()), text_of(received), *(str(part.get_filename()) for part in message.walk())]
    )
    assert not [name for name in LOOKED_FOR if name in outside]
    has_files = bool(list(message.iter_attachments()))
    assert has_files == (received.rcpt_tos[0].partition("@")[2] in secure)


@pytest.mark.requirement("B-07", "B-31", "B-32", "H-33", "H-48", "U-28", "U-44", "W-22", "W-30", "S-28", "B-23")
@pytest.mark.parametrize(("policy", "route"), ROUTES, ids=[f"{policy}-{route}" for policy, route in ROUTES])
def test_the_whole_way(sqlite_url: str, smtp_server: SmtpServer, logged: io.StringIO, policy: str, route: str) -> None:
    with town(sqlite_url, smtp_server) as here:
        walk = Walk(here, policy, route)
        walk.to_the_end()
        assert not walk.is_open()
        raisers_documents_are_whole(walk)
        board_downloads_its_proforma(walk, told=(policy, route) not in BOARD_IS_NOT_TOLD)
        with here.workshop.reading() as work:
            assert read_without_keys(work.session, on_disk(sqlite_url), *LOOKED_FOR) == []
    assert not [name for name in LOOKED_FOR if name in logged.getvalue()]


def raisers_documents_are_whole(walk: Walk) -> None:
    """The raiser has the last word of it in writing, in both formats, with what was typed in them."""
    page = walk.town.visitor(walk.raiser).get(walk.path).text
    found = html.fromstring(page).xpath("//main//a[contains(@href, '/documents/')]/@href")
    links = [link for link in found if link.endswith(("/pdf", "/docx"))]
    assert links
    for link in links[:2]:
        content = walk.town.visitor(walk.raiser).get(link).data
        assert content[:4] in {b"%PDF", b"PK\x03\x04"}
    newest = {link.rpartition("/")[2]: link for link in reversed(links) if says_what_was_written(walk, link)}
    docx = walk.town.visitor(walk.raiser).get(newest["docx"]).data
    pdf = walk.town.visitor(walk.raiser).get(newest["pdf"]).data
    assert CANARIES[0] in text_of_docx(docx)
    assert CANARIES[0] in " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


WITHOUT_PROSE = ("notice-to-board", "board-proforma", "sub-group-report", "policy-gap-notice", "acknowledgement-sheet")


def says_what_was_written(walk: Walk, link: str) -> bool:
    name = walk.town.visitor(walk.raiser).get(link).headers["Content-Disposition"]
    assert not [each for each in LOOKED_FOR if each in name]
    return not any(kind in name for kind in WITHOUT_PROSE)


def board_downloads_its_proforma(walk: Walk, *, told: bool) -> None:
    unit = next(p.email for a in walk.board.given.agencies for p in a.people if p.seat == "business_unit")
    register = walk.town.visitor(unit).get("/register").text
    found = html.fromstring(register).xpath("//main//th//a/@href")
    assert walk.town.visitor(unit).get(walk.path).status_code == 404, "the Board sees its own view only"
    assert bool(found) == told
    if not told:
        return
    view = walk.town.visitor(unit).get(found[0]).text
    links = html.fromstring(view).xpath("//main//a[contains(@href, '/register/documents/')]/@href")
    files = [walk.town.visitor(unit).get(link) for link in links]
    assert any("board-proforma.docx" in file.headers["Content-Disposition"] for file in files)
    assert any("board-proforma.pdf" in file.headers["Content-Disposition"] for file in files)
    shown = [register, view, *(readable(file.data) for file in files)]
    assert not [name for name in LOOKED_FOR for text in shown if name in text]


def readable(content: bytes) -> str:
    if content[:4] == b"%PDF":
        reader = PdfReader(io.BytesIO(content))
        return str(reader.metadata) + "\n".join(page.extract_text() for page in reader.pages)
    return text_of_docx(content)
