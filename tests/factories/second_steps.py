"""The second step of whoever must have one: an authenticator app whose key every test knows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import pyotp
from sqlalchemy import update

from forms_app.db import factors, people
from forms_app.db.database import Database
from forms_app.db.tables import AuthenticatorApp, SignInSession
from forms_app.services.signing_in import must_have_second_step

KEY = "INVENTEDINVENTEDINVENTEDINVENTED"
SECOND_STEP = "/sign-in/second-step"


def give_second_step(database: Database, email: str, now: datetime) -> None:
    """An app to whoever must have a second step and has none. Its codes can be used again, since a test's clock stands still."""
    with database.writing() as session:
        person = people.person_with_email(session, email)
        if person is not None and must_have_second_step(person) and not factors.has_any(session, person.id):
            session.add(AuthenticatorApp(id=uuid4(), person_id=person.id, secret=KEY, made_at=now, proved_at=now))
        if person is not None:
            used_again = update(AuthenticatorApp).where(AuthenticatorApp.person_id == person.id)
            session.execute(used_again.values(last_counter=None))


def prove_now(database: Database, email: str, now: datetime) -> None:
    """As if this person had just proved again that it is them."""
    with database.writing() as session:
        person = people.person_with_email(session, email)
        assert person is not None
        session.execute(update(SignInSession).where(SignInSession.person_id == person.id).values(proved_at=now))


def code_of_app(now: datetime) -> str:
    return pyotp.TOTP(KEY).at(now)


def take_second_step(visitor: Any, answer: Any, now: datetime) -> Any:
    """Where the answer to an emailed code asks for a second step, takes it."""
    if answer.status_code != 303 or answer.location != SECOND_STEP:
        return answer
    visitor.get(SECOND_STEP)
    return visitor.post(SECOND_STEP, {"code": code_of_app(now)})
