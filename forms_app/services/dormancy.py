"""Whoever has not signed in for long is locked, once a day, by work that comes round for ever; who is waited for is let in again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from forms_app.db import outbox
from forms_app.db.outbox import Claim
from forms_app.db.people import dormant_people, is_waited_for
from forms_app.db.reminders import board_to_remind
from forms_app.db.tables import Person
from forms_app.domain.errors import NotAllowedNow
from forms_app.services.administering import refuse_last_officer
from forms_app.services.attesting import remind_of_attestations
from forms_app.services.limits import forget_what_is_over
from forms_app.services.people import lock, unlock
from forms_app.services.tokens import warn_of_ends
from forms_app.services.webhooks import forget_what_was_told
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

A_DAY = timedelta(days=1)


def look_after_people(workshop: Workshop, claim: Claim) -> None:
    """Locks a Board's dormant accounts, reminds its agencies of their yearly word and of tokens that end, and forgets who asked for
    what how often.
    """
    with workshop.writing() as work:
        lock_dormant(work, claim.about_id)
        remind_of_attestations(work, claim.about_id)
        warn_of_ends(work, claim.about_id)
        forget_what_was_told(work, claim.about_id)
        forget_what_is_over(work)
        outbox.finish_until(work.session, claim.item_id, claim.worker, work.now + A_DAY)


def lock_dormant(work: Work, board_id: UUID) -> None:
    """All but the last person of the business unit: a locked unit could be told of nothing."""
    after = timedelta(days=board_to_remind(work.session, board_id).lock_after_days)
    for person in dormant_people(work.session, board_id, work.now - after):
        try:
            refuse_last_officer(work, person)
        except NotAllowedNow:
            continue
        lock(work, person, by=None)


def may_be_let_in(work: Work, person: Person) -> bool:
    """Whether this person may sign in: also one whom the service locked, while an escalation waits for them.

    Whom somebody locked, and whoever holds a seat at the Board or administers people, is unlocked by somebody else.
    """
    if person.locked_at is None:
        return True
    since = work.now - timedelta(days=board_to_remind(work.session, person.board_id).lock_after_days)
    may_by_themselves = person.locked_by_id is None and person.seat is None and not person.administers_agency
    return may_by_themselves and is_waited_for(work.session, person.id, since)


def note_signing_in(work: Work, person: Person) -> None:
    """They proved who they are. Whom the service locked, and an escalation waits for, is let in by that: a child must not wait
    for an administrator. To anybody else who is locked a session opens nothing.
    """
    if person.locked_at is not None and may_be_let_in(work, person):
        unlock(work, person, by=person.id)
    if person.locked_at is None:
        person.signed_in_at = work.now
