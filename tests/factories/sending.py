"""A worker on a scene, with a mail server that refuses whom a test names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from forms_app.db.tables import Notification, Person
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Message
from forms_app.services.outbox import Desk, run_due
from tests.factories.received import issue_quickly
from tests.factories.scenes import Scene
from tests.mail.owed import ACCEPTED, LETTERHEAD

REFUSED = Answer(Result.REFUSED, "The mail server refused the message or the address (550).", 550)


@dataclass
class Sending:
    """What a worker posts, and to whom the mail server takes nothing."""

    scene: Scene
    refused: Collection[str] = ()
    posted: list[Message] = field(default_factory=list)

    def post(self, message: Message) -> Answer:
        self.posted.append(message)
        return REFUSED if message.to in self.refused else ACCEPTED

    def work(self) -> None:
        """Makes and sends everything that is due, a minute later."""
        self.scene.clock.forward(minutes=1)
        run_due(self.scene.workshop, "w1", Desk(self, LETTERHEAD, issue_quickly), most=500)
        self.scene.clock.forward(minutes=1)

    def sent_to(self, person: UUID) -> list[str]:
        """The subjects of what this person was sent."""
        address = self.address(person)
        return [message.subject for message in self.posted if message.to == address]

    def address(self, person: UUID) -> str:
        with self.scene.database.reading() as session:
            return session.scalars(select(Person.email).where(Person.id == person)).one()

    def told(self, kind: str) -> set[UUID]:
        """Who is owed a notification of a kind, or was."""
        with self.scene.database.reading() as session:
            return set(session.scalars(select(Notification.person_id).where(Notification.kind == kind)))
