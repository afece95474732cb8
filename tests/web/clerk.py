"""One invented Board on a database with the whole service, and its people as they fill in one form after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms_app.app import create_app
from forms_app.db.tables import Person, StageRecord
from forms_app.domain.answers import from_json
from forms_app.domain.policy import Policy
from forms_app.domain.records import Facts
from forms_app.services.history import step_of
from tests.factories.scenes import Scene, scene
from tests.web.conftest import Site, settings
from tests.web.visitor import Visitor

Answers = Mapping[str, Mapping[str, Any]]
"""What somebody answers, page by page."""
SAFE: Answers = {"danger": {"f-danger": "no"}}


@dataclass
class Office:
    """The service with one Board, and what a test looks at behind it."""

    scene: Scene
    site: Site
    visitors: dict[UUID, Visitor] = field(default_factory=dict)

    def visitor(self, person: UUID) -> Visitor:
        if person not in self.visitors:
            with self.scene.database.reading() as session:
                email = session.scalars(select(Person.email).where(Person.id == person)).one()
            self.visitors[person] = self.site.signed_in(email)
        return self.visitors[person]

    def path(self, escalation: UUID, form: str, page: str = "") -> str:
        return f"/escalations/{escalation}/{form}{'/' if page else ''}{page}"

    def fill(self, escalation: UUID, by: UUID, form: str, answers: Answers) -> TestResponse:
        """Each page in turn; the answer to the first one that is refused, or else to what is sent in the end."""
        visitor = self.visitor(by)
        for page, given in {**SAFE, **answers}.items():
            address = self.path(escalation, form, page)
            shown = visitor.get(address)
            if shown.status_code != 200:
                return shown
            saved = visitor.post(address, {"seen": hidden(shown, "seen"), **given})
            if saved.status_code != 303:
                return saved
        return self.send(escalation, by, form)

    def send(self, escalation: UUID, by: UUID, form: str) -> TestResponse:
        visitor, address = self.visitor(by), self.path(escalation, form, "check")
        check = visitor.get(address)
        return check if check.status_code != 200 else visitor.post(address, {"form_key": hidden(check, "form_key")})

    def records(self, escalation: UUID) -> list[StageRecord]:
        with self.scene.database.reading() as session:
            wanted = select(StageRecord).where(StageRecord.escalation_id == escalation).order_by(StageRecord.number)
            found = list(session.scalars(wanted))
            session.expunge_all()
            return found

    def facts(self, escalation: UUID) -> Facts:
        """Of the latest record."""
        return step_of(self.records(escalation)[-1]).facts

    def said(self, escalation: UUID) -> dict[str, str]:
        """The answers of the latest record, by their ids."""
        sections = from_json(self.records(escalation)[-1].sections)
        return {answer.id: answer.answer for section in sections for answer in section.answers}


def hidden(answer: TestResponse, name: str) -> str:
    return str(html.fromstring(answer.text).xpath(f"//main//input[@name='{name}']/@value")[-1])


def words_on(answer: TestResponse) -> str:
    return " ".join(html.fromstring(answer.text).xpath("//main")[0].text_content().split())


def problems_on(answer: TestResponse) -> list[str]:
    found = html.fromstring(answer.text).xpath("//*[contains(@class, 'govuk-error-summary__list')]//li")
    return [" ".join(item.text_content().split()) for item in found]


def choices_on(answer: TestResponse, name: str) -> dict[str, str]:
    """The choices of a question: their words, each with its value."""
    main = html.fromstring(answer.text).xpath("//main")[0]
    chosen = main.xpath(f".//select[@name='{name}']//option[@value != '']")
    found = {" ".join(option.text_content().split()): str(option.get("value")) for option in chosen}
    for box in main.xpath(f".//input[@name='{name}']"):
        label = main.xpath(f".//label[@for='{box.get('id')}']")[0]
        found[" ".join(label.text_content().split())] = str(box.get("value"))
    return found


def questions_on(answer: TestResponse) -> list[str]:
    """The names of the lists on a page."""
    return [str(name) for name in html.fromstring(answer.text).xpath("//main//select/@name")]


def day(name: str, on: date) -> dict[str, str]:
    return {f"{name}-day": str(on.day), f"{name}-month": str(on.month), f"{name}-year": str(on.year)}


@contextmanager
def office(url: str, policy: Policy | str) -> Iterator[Office]:
    with scene(url, policy) as here:
        app = create_app(settings(url), workshop=here.workshop, poke=lambda: None)
        yield Office(here, Site(app, here.database, here.clock))  # type: ignore[arg-type]
