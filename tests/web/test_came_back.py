"""A message that came back, as the two sides and the business unit see it, and whom emails do not reach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
from lxml import html

from forms_app.mail.compose import Message
from forms_app.mail.mailbox import Mailbox
from forms_app.services.outbox import Desk, run_due
from forms_app.services.regular import owe_regular_work
from tests.factories.received import Sent, issue_quickly
from tests.factories.scenes import Scene, scene
from tests.factories.sending import Sending
from tests.mail.came_back import came_back
from tests.mail.owed import LETTERHEAD
from tests.mail.test_mailbox import made_maildir, put
from tests.web.conftest import Site, site_of
from tests.web.visitor import Visitor

REGISTER = "/register/deliveries"


@dataclass
class Place:
    scene: Scene
    site: Site
    maildir: Path
    sent: Sent
    sending: Sending = field(init=False)

    def __post_init__(self) -> None:
        self.sending = Sending(self.scene)
        self.sending.work()

    @property
    def other(self) -> UUID:
        return self.scene.at("socialcare", "practitioner")

    def visitor(self, person: UUID) -> Visitor:
        visitor = self.site.visiting(self.sending.address(person))
        self.sending.work()
        return visitor

    def send_back(self, message: Message, form: str = "exchange") -> None:
        """The mail server finds afterwards that there is no such address."""
        put(self.maildir, came_back(form, message.message_id, sent_at=message.at))
        self.scene.clock.forward(minutes=2)
        desk = Desk(self.sending, LETTERHEAD, issue_quickly, mailbox=Mailbox(f"maildir://{self.maildir}"))
        run_due(self.scene.workshop, "w1", desk, most=500)

    def message(self, beginning: str, to: UUID) -> Message:
        address = self.sending.address(to)
        found = [each for each in self.sending.posted if each.to == address and each.message_id.startswith(beginning)]
        return found[-1]


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path) -> Iterator[Place]:
    with scene(sqlite_url, "hull") as here:
        owe_regular_work(here.workshop, reads_bounces=True)
        yield Place(here, site_of(here, sqlite_url), made_maildir(tmp_path), Sent(here, here.open().escalation_id))


def table(page: str, name: str) -> str:
    return " ".join(
        " ".join(each.text_content().split()) for each in html.fromstring(page).xpath(f"//table[@id='{name}']")
    )


def waiting(unit: Visitor) -> str:
    """What the register says of deliveries that need a person."""
    links = html.fromstring(unit.get("/register/today").text).xpath("//h2[@id='deliveries-heading']")
    return " ".join(links[0].text_content().split()) if links else ""


def test_a_message_that_came_back_is_seen_by_both_sides_and_the_business_unit_and_they_are_told(place: Place) -> None:
    raiser, unit = place.scene.raiser, place.scene.holder("business_unit")
    account = place.sent.document("written_account")
    page = f"/escalations/{place.sent.escalation}"
    assert "Came back" not in place.visitor(raiser).get(page).text

    place.send_back(place.message(f"delivery.{place.sent.delivery_id(account, place.other)}", place.other))

    assert place.sent.events(account, place.other) == [("bounced", "5.1.10")]
    assert "Came back on" in place.visitor(raiser).get(page).text
    assert "Came back on" in place.visitor(place.other).get(page).text
    assert "Came back on" in table(place.visitor(unit).get(REGISTER).text, "deliveries")
    assert place.sending.told("delivery_failed") == {raiser, unit}
    assert list((place.maildir / "new").iterdir()) == []


def test_what_the_recipient_did_counts_more_than_what_came_back(place: Place) -> None:
    account = place.sent.document("written_account")
    message = place.message(f"delivery.{place.sent.delivery_id(account, place.other)}", place.other)
    reader = place.visitor(place.other)
    reader.get(f"/documents/{account}")

    place.send_back(message)

    assert place.sent.events(account, place.other)[-1] == ("bounced", "5.1.10")
    assert table(place.visitor(place.scene.holder("business_unit")).get(REGISTER).text, "deliveries") == ""


def test_the_business_unit_sees_whom_emails_do_not_reach_until_they_sign_in(place: Place) -> None:
    unit = place.visitor(place.scene.holder("business_unit"))
    place.site.visitor().ask_for_code(place.sending.address(place.other))
    place.sending.work()
    assert waiting(unit) == "", "what there is none of is not there"

    place.send_back(place.message("sign-in", place.other))

    assert waiting(unit) == "Deliveries that need a person (1)"
    person = place.site.person(place.sending.address(place.other))
    shown = table(unit.get(REGISTER).text, "not-reached")
    assert person.name in shown
    assert person.telephone in shown

    place.visitor(place.other)

    assert waiting(unit) == "", "what there is none of is not there"
    assert table(unit.get(REGISTER).text, "not-reached") == ""
