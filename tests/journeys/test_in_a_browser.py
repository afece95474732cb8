"""One whole journey in a real browser, with every process that a real service has: the Berkshire policy up to its last stage."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from pypdf import PdfReader
from sqlalchemy import func, select

from forms_app.commands.invented import Invented, invented_boards
from forms_app.db.database import Database
from forms_app.db.tables import Escalation, StageRecord
from forms_app.domain.working_days import uk_date
from forms_app.policies.bank_holidays import calendar_of
from forms_app.policies.shelf import Shelf
from forms_app.services.boards import GivenPerson, set_up_board
from forms_app.services.workshop import Workshop
from tests import letters
from tests.factories.keys import KEYS
from tests.journeys.browsing import Looked, Somebody, browser_of, until
from tests.journeys.form_filler import CANARIES, LOOKED_FOR, TYPED
from tests.journeys.running import Service, service
from tests.journeys.town import text_of, text_of_docx
from tests.smtp import SmtpServer

NEW = "/escalations/new"


@dataclass
class Scene:
    chromium: Browser
    service: Service
    database: Database
    smtp: SmtpServer
    board: Invented
    raiser: Somebody
    path: str = ""
    """Of the escalation, once there is one."""

    def person(self, mailbox: str) -> GivenPerson:
        """One of the invented people, by the part of their address before the Board's own domain."""
        everyone = (person for agency in self.board.given.agencies for person in agency.people)
        return next(person for person in everyone if person.email.startswith(f"{mailbox}."))

    def counted(self) -> tuple[int, int]:
        """How many escalations and how many records there are."""
        with self.database.reading() as session:
            escalations = session.scalar(select(func.count()).select_from(Escalation))
            records = session.scalar(select(func.count()).select_from(StageRecord))
        return escalations or 0, records or 0


@pytest.fixture
def scene(
    tmp_path: Path, postgresql_url: str, smtp_server: SmtpServer, chromium: Browser, page: Page
) -> Iterator[Scene]:
    shelf = Shelf.shipped()
    board = next(each for each in invented_boards(shelf) if each.given.policy.startswith("berkshire"))
    with (
        closing(Database(postgresql_url, KEYS)) as database,
        service(tmp_path, database_url=postgresql_url, mail_port=smtp_server.port) as running,
    ):
        with Workshop(database, shelf, calendar_of, lambda: datetime.now(UTC)).writing() as work:
            set_up_board(work, board.given)
        raiser = Somebody(page, running.url, smtp_server, Looked(), uk_date(datetime.now(UTC)))
        yield Scene(chromium, running, database, smtp_server, board, raiser)
        with database.reading() as session:
            assert letters.faults_by_records(session, smtp_server.sent()) == []


@pytest.mark.requirement("U-01", "B-12", "B-14", "B-26", "B-31", "B-32")
def test_the_whole_way_in_a_browser(scene: Scene) -> None:
    anybody_reads_what_is_open_to_all(scene)
    raiser_signs_in(scene)
    danger_comes_first_and_needs_no_mouse(scene)
    a_draft_outlives_the_session(scene)
    a_concern_is_sent_once(scene)
    own_manager_comes_by_the_link(scene)
    stage_two_is_between_the_practitioners(scene)
    it_goes_up_to_the_board(scene)
    chair_of_the_meeting_decides_without_script(scene)
    two_people_release_what_waits(scene)
    raiser_has_it_in_writing(scene)
    board_reads_what_names_nobody(scene)
    board_gives_its_documents_a_layout(scene)
    assert scene.raiser.looked.tolerated, "the one fault that is not ours is still there"
    assert scene.raiser.looked.statuses == {200, 404, 409, 422}
    assert not [name for name in LOOKED_FOR if name in scene.service.said()]
    assert "Traceback" not in scene.service.said()


def anybody_reads_what_is_open_to_all(scene: Scene) -> None:
    reader = scene.raiser
    for path in ("/", "/danger", "/accessibility", "/privacy", "/contact", "/signed-out"):
        reader.open(path)
        assert reader.status == 200
    reader.open("/nowhere")
    assert reader.status == 404
    reader.open("/register")
    assert reader.heading == "Sign in"


def raiser_signs_in(scene: Scene) -> None:
    raiser, box = scene.raiser, scene.raiser.page.get_by_label("Work email address")
    raiser.open("/sign-in")
    box.fill("not an address")
    raiser.press("Send me an email")
    assert raiser.status == 422
    assert raiser.has_focus(raiser.page.locator(".govuk-error-summary"))
    raiser.page.locator(".govuk-error-summary a").click()
    assert raiser.has_focus(box)
    assert box.input_value() == "not an address"
    raiser.open("/sign-in")
    box.fill(scene.board.raiser.email)
    raiser.press("Send me an email")
    until(lambda: bool(scene.smtp.sent_to(scene.board.raiser.email)))  # this code, and not the next one
    raiser.page.get_by_label("Code from the email").fill("12345")
    raiser.press("Sign in")
    assert raiser.status == 422
    raiser.sign_in(scene.board.raiser.email)
    assert raiser.path == "/register", "what was asked for first is gone to"
    assert raiser.status == 404, "and is not for the raiser"
    raiser.open("/")
    assert raiser.heading == "Your escalations"


def danger_comes_first_and_needs_no_mouse(scene: Scene) -> None:
    raiser, keyboard, page = scene.raiser, scene.raiser.page.keyboard, scene.raiser.page
    raiser.open(NEW)
    raiser.tab_to(raiser.button("Start"))
    raiser.go_by_key("Enter")
    assert raiser.path == f"{NEW}/danger"
    keyboard.press("Tab")
    assert raiser.has_focus(page.locator(".govuk-skip-link"))
    keyboard.press("Enter")
    assert raiser.has_focus(raiser.main)

    save, answers = raiser.button("Save and continue"), page.locator("[name=f-danger]")
    raiser.tab_to(save)
    raiser.go_by_key("Enter")
    assert raiser.status == 422
    assert raiser.has_focus(page.locator(".govuk-error-summary"))
    raiser.tab_to(page.locator(".govuk-error-summary a"))
    keyboard.press("Enter")
    assert raiser.has_focus(answers.nth(0))

    what_was_done = page.get_by_label("What was done, when, and who was told?")
    assert not what_was_done.is_visible()
    keyboard.press("ArrowUp")
    assert answers.nth(2).is_checked()
    raiser.tab_to(save)
    raiser.go_by_key("Enter")
    assert raiser.heading == "Stop. Do this first"
    assert "call 999" in raiser.shown

    raiser.tab_to(raiser.button("It has been reported: continue"))
    raiser.go_by_key("Enter")
    raiser.tab_to(answers.nth(2))
    keyboard.press("ArrowUp")
    assert answers.nth(1).is_checked()
    keyboard.press("Tab")
    assert raiser.has_focus(what_was_done)
    keyboard.type("Police were rung at 10.15am.")
    raiser.tab_to(save)
    raiser.go_by_key("Enter")
    assert raiser.path == f"{NEW}/about"
    for choice in (page.locator("[name=f-shape]").first, page.locator("[name=f-category]").first):
        raiser.tab_to(choice)
        keyboard.press("Space")
    raiser.tab_to(page.locator("[name=f-gate-sought_reasons]"))
    keyboard.press("Space")
    raiser.go_by_key("Enter")
    assert raiser.path == f"{NEW}/agencies"


def a_draft_outlives_the_session(scene: Scene) -> None:
    raiser, page = scene.raiser, scene.raiser.page
    page.get_by_label("Thamesford Primary School").check()
    raiser.press("Save and continue")
    assert raiser.status == 422
    assert "your own agency" in page.locator(".govuk-error-summary").inner_text()
    page.get_by_label("Thamesford Primary School").uncheck()
    raiser.go_on_to("subject")
    page.get_by_label("Address (optional)").fill(CANARIES[2])
    raiser.press("Save and continue")
    assert raiser.status == 422

    raiser.sign_out()
    assert raiser.heading == "You have signed out"
    raiser.open(NEW)
    assert raiser.heading == "Sign in"
    raiser.sign_in(scene.board.raiser.email)
    raiser.open("/escalations")
    raiser.press("Continue where you stopped")
    assert "Incomplete" in raiser.shown
    raiser.press("Continue")
    assert raiser.path == f"{NEW}/subject"
    assert page.get_by_label("Address (optional)").input_value() == CANARIES[2]


def a_concern_is_sent_once(scene: Scene) -> None:
    raiser = scene.raiser
    raiser.go_on_to("check")
    assert "Police were rung at 10.15am." in raiser.shown
    raiser.go_by(raiser.main.get_by_role("link", name="Change").first)
    raiser.press("Save and continue")
    other = raiser.page.context.new_page()
    other.goto(raiser.page.url)
    assert raiser.path == f"{NEW}/check"

    raiser.button("Send").dblclick()
    raiser.page.wait_for_url("**/sent/*")
    raiser.look()
    assert raiser.heading == "It has been recorded"
    assert scene.counted() == (1, 1)
    receipt = raiser.page.url
    scene.path = raiser.path.partition("/sent/")[0]

    other.get_by_role("button", name="Send").click()
    other.wait_for_url(receipt)
    other.close()
    raiser.go_back()
    assert raiser.heading == "Raise a concern"
    assert "Completed" not in raiser.shown
    assert scene.counted() == (1, 1)
    raiser.open(scene.path)


def own_manager_comes_by_the_link(scene: Scene) -> None:
    with browser_of(scene.chromium, scene.raiser) as manager:
        manager.sign_in_by_link(scene.person("first.line.manager@school").email)
        manager.press("THA-")
        manager.press("Write your account")
        manager.send(manager.path)


def stage_two_is_between_the_practitioners(scene: Scene) -> None:
    colleague = scene.person("practitioner@socialcare")
    with browser_of(scene.chromium, scene.raiser) as practitioner:
        practitioner.sign_in(colleague.email)
        practitioner.open(scene.path)
        assert practitioner.status == 404, "the other agency takes no part yet"
        raiser_names(scene, colleague)
        practitioner.send(f"{scene.path}/account")


def raiser_names(scene: Scene, colleague: GivenPerson) -> None:
    raiser, page = scene.raiser, scene.raiser.page
    raiser.begin(f"{scene.path}/step-up")
    raiser.go_on_to("people")
    raiser.press("Add another person")
    rows = page.locator("fieldset.app-row")
    assert rows.count() == 2
    assert raiser.has_focus(rows.nth(1))
    raiser.press("Remove")
    assert rows.count() == 1
    raiser.go_on_to("check", naming=colleague.name)
    raiser.press("Send")


def it_goes_up_to_the_board(scene: Scene) -> None:
    raiser = scene.raiser
    for _ in ("managers", "leads"):
        raiser.send(f"{scene.path}/step-up")
    raiser.begin(f"{scene.path}/step-up")
    raiser.go_on_to("people")
    listed = raiser.page.locator("select").first.locator("option").all_inner_texts()[1:]
    assert listed
    assert not [name for name in listed if "School" in name or "Social Care" in name]
    raiser.go_on_to("check", naming=scene.person("board.member@police").name)
    raiser.press("Send")


def chair_of_the_meeting_decides_without_script(scene: Scene) -> None:
    member = scene.person("board.member@police")
    with browser_of(scene.chromium, scene.raiser, script=False) as chair:
        chair.sign_in(member.email)
        chair.open(scene.path)
        assert not chair.main.get_by_role("link", name="Record the outcome").count(), "no meeting has been held"
        chair.press("Record a meeting")
        chair.go_by(chair.main.locator("a.govuk-button"))
        chair.page.get_by_label("No", exact=True).check()
        chair.press("Save and continue")
        chair.go_on_to("check")
        chair.press("Send")
        chair.open(scene.path)
        chair.press("Record the outcome")
        chair.go_by(chair.main.locator("a.govuk-button"))
        assert chair.page.get_by_label("What was done, when, and who was told?").is_visible()
        chair.page.get_by_label("No", exact=True).check()
        chair.press("Save and continue")
        chair.go_on_to("actions")
        agree_on_two_actions(chair)
        chair.press("Save and continue")
        chair.go_on_to("check")
        escalations, records = scene.counted()
        chair.button("Send").dblclick()
        chair.page.wait_for_url("**/sent/*")
        chair.look()
        chair.go_back()
        assert chair.status == 409
        assert scene.counted() == (escalations, records + 1)
        chair.open(scene.path)
        assert "Resolved at Stage 5" in chair.shown


def agree_on_two_actions(chair: Somebody) -> None:
    """Three rows, of which the last is completed after a fault and the middle one goes."""
    for number, what in enumerate(("Visit", "Ring", "Write")):
        if number:
            chair.answer()
            chair.press("Add another action")
        chair.page.locator(f"[name='f-actions-{number}-what']").fill(f"{what} {CANARIES[0]}")
    chair.press("Save and continue")
    assert chair.status == 422
    chair.page.locator(".govuk-error-summary a").filter(has_text="Action 3").last.click()
    assert chair.has_focus(chair.page.locator("[name='f-actions-2-by_when-day']"))
    chair.answer()
    chair.go_by(chair.main.get_by_role("button", name="Remove action 2"))
    rows = chair.page.locator("fieldset.app-row")
    assert [box.input_value() for box in rows.locator("textarea").all()] == [
        f"Visit {CANARIES[0]}",
        f"Write {CANARIES[0]}",
    ]


def two_people_release_what_waits(scene: Scene) -> None:
    """The raiser prepares each de-identified document, one of them with a name in it; the business unit releases them."""
    raiser = scene.raiser
    raiser.open(scene.path)
    waiting = [str(link.get_attribute("href")) for link in raiser.page.locator("#waiting tbody a").all()]
    assert waiting
    for number, path in enumerate(waiting):
        raiser.open(path)
        raiser.press("Write the short texts")
        if number:
            raiser.page.get_by_label("No short text is needed").check()
        else:
            raiser.page.locator("textarea").first.fill(f"Nobody knew whether {CANARIES[0]} had been seen.")
        raiser.press("Save and check")
        assert bool(number) or raiser.heading == "Decide about what was found"
        decide_about_what_was_found(raiser)
        raiser.press("Send it to a second person")
    with browser_of(scene.chromium, raiser) as unit:
        unit.sign_in(scene.person("unit@board").email)
        unit.open("/register/today")
        assert unit.page.locator("#releases tbody a").count() == len(waiting)
        for path in waiting:
            unit.open(path)
            unit.press("Release it")
            assert "Released by" in unit.shown


def decide_about_what_was_found(raiser: Somebody) -> None:
    while raiser.heading == "Decide about what was found":
        raiser.press("Save and check again")
        assert raiser.status == 422
        for choice in raiser.page.locator("input[type=radio][value=generalise]").all():
            choice.check()
        for box in raiser.page.locator("input[type=text]:visible").all():
            box.fill("a child")
        raiser.press("Save and check again")


def raiser_has_it_in_writing(scene: Scene) -> None:
    raiser, page = scene.raiser, scene.raiser.page
    raiser.open(scene.path)
    until(lambda: everything_is_sent(raiser), seconds=60)
    raiser.look_closely()
    confirmation = page.locator(".govuk-summary-card").filter(has_text="Written confirmation").first
    for kind, text in (("PDF", text_of_pdf), ("Word", text_of_docx)):
        name, content = raiser.download(confirmation.get_by_role("link", name=f"Download {kind}"))
        assert re.fullmatch(r"escalation-THA-\w{7}-written-confirmation\.(pdf|docx)", name)
        assert hashlib.sha256(content).hexdigest() in confirmation.text_content()
        assert content in attached(scene.smtp, scene.person("practitioner@socialcare").email)
        assert CANARIES[0] in text(content)

    told = scene.smtp.sent_to(scene.board.raiser.email)[-1]
    assert not attached(scene.smtp, scene.board.raiser.email), "the school's address is not a secure one"
    link = re.search(r"http\S+/documents/\S+", text_of(told))
    assert link is not None, "the email leads to the document"
    raiser.open(link[0])
    assert raiser.heading == str(told.message["Subject"]).rpartition(": ")[2]
    name, content = raiser.download(raiser.main.get_by_role("link", name="Download PDF"))
    assert content[:4] == b"%PDF"
    raiser_reads_and_answers(raiser)
    raiser_checks_the_file(raiser, content)
    raiser.open(scene.path)
    name, packed = raiser.download(raiser.main.get_by_role("link", name="Download everything as one file"))
    assert re.fullmatch(r"escalation-THA-\w{7}\.zip", name)
    assert content in packed


def raiser_reads_and_answers(raiser: Somebody) -> None:
    raiser.open("/documents")
    raiser.press("Written confirmation")
    outcome = raiser.path
    raiser.press("Read it here")
    assert CANARIES[0] in raiser.shown
    raiser.open(outcome)
    raiser.main.get_by_label("I agree the actions").check()
    raiser.press("Send your answer")
    assert raiser.status == 422
    raiser.main.get_by_label("Your reasons").fill(TYPED)
    raiser.press("Send your answer")
    assert raiser.heading == "Your answer is recorded"
    assert CANARIES[0] in raiser.shown
    raiser.open(outcome)
    assert "I agree the actions, but not the outcome" in raiser.shown


def raiser_checks_the_file(raiser: Somebody, content: bytes) -> None:
    raiser.open("/check-a-file")
    raiser.press("Check the file")
    assert raiser.status == 422
    for held, said in ((content, "This file was issued by the service"), (content + b" ", "This is not the file")):
        file = {"name": "held.pdf", "mimeType": "application/pdf", "buffer": held}
        raiser.page.locator("#file").set_input_files(file)  # type: ignore[arg-type]
        raiser.press("Check the file")
        assert raiser.heading.startswith(said)
    raiser.open("/signing-key")


def everything_is_sent(raiser: Somebody) -> bool:
    """What the page says, also in what is folded away: each document is made, and each delivery accepted."""
    raiser.reload()
    said = raiser.main.locator(".govuk-summary-card table[id^='deliveries-'] tbody td:last-child").all_text_contents()
    return "Being made" not in raiser.main.text_content() and all(
        "Accepted by the mail server" in each for each in said
    )


def board_reads_what_names_nobody(scene: Scene) -> None:
    with browser_of(scene.chromium, scene.raiser) as unit:
        unit.sign_in(scene.person("unit@board").email)
        unit.go_by(unit.page.get_by_role("link", name="Board register"))
        shown = [unit.page.content()]
        unit.go_by(unit.page.get_by_role("link", name="Register", exact=True))
        shown.append(unit.page.content())
        unit.press("THA-")
        assert unit.path.startswith("/register/")
        shown.append(unit.page.content())
        links = unit.main.get_by_role("link", name="Download")
        assert links.count() >= 4
        for link in links.all():
            name, content = unit.download(link)
            shown += [name, text_of_pdf(content) if name.endswith(".pdf") else text_of_docx(content)]
        assert not [word for word in LOOKED_FOR for text in shown if word in text]
        unit.open(scene.path)
        assert unit.status == 404, "the Board sees its own view only"


def board_gives_its_documents_a_layout(scene: Scene) -> None:
    with browser_of(scene.chromium, scene.raiser) as unit, browser_of(scene.chromium, scene.raiser) as chair:
        unit.sign_in(scene.person("unit@board").email)
        unit.go_by(unit.page.get_by_role("link", name="Board register"))
        unit.press("Word layouts")
        unit.press("Notice to the Board")
        place = unit.path
        _, starter = unit.download(unit.main.get_by_role("link", name="The service’s own layout"))
        unit.press("The fields that a layout must have")
        assert "{{ heading.reference }}" in unit.shown
        unit.go_back()
        for content, status in ((b"%PDF-1.7", 422), (starter, 200)):
            file = {"name": "layout.docx", "mimeType": "application/octet-stream", "buffer": content}
            unit.page.locator("#file").set_input_files(file)  # type: ignore[arg-type]
            unit.press("Upload")
            assert unit.status == status
        assert "somebody else" in unit.shown
        chair.sign_in(scene.person("chair@board").email)
        chair.open(place)
        chair.press("Publish")
        assert "Version 1, published on" in chair.shown
        assert unit.looked is chair.looked


def attached(smtp: SmtpServer, email: str) -> list[bytes]:
    """Every file that came to this address."""
    parts = (part for received in smtp.sent_to(email) for part in received.message.iter_attachments())
    return [part.get_payload(decode=True) for part in parts]


def text_of_pdf(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())
