"""Keeps within a budget of emails: what would be too many goes with others in one message, by link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from forms_app.db import ledger, notifications
from forms_app.db.tables import Delivery, Notification
from forms_app.mail.compose import Kind
from forms_app.services.notifying import notify
from forms_app.services.work import Work

COUNTED = tuple(kind.value for kind in Kind if kind not in (Kind.REMINDER, Kind.DOCUMENTS_WAITING))
"""Notifications that have a limit; of the others there is one a day, or one an hour, anyway."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How many emails there may be in any stretch of time of this length."""

    to_one_about_one: int = 20
    """With documents, to one person about one escalation."""
    of_one: int = 200
    """With documents, of the records of one person."""
    notifications: int = 20
    """To one person, that are no documents."""
    window: timedelta = timedelta(hours=1)


def room_from(work: Work, delivery: Delivery, budget: Budget) -> datetime | None:
    """When there is room again for the email of this delivery; None where there is now.

    One that was tried before keeps its own message, whatever else there is: it may have arrived.
    """
    if ledger.has_attempts(work.session, delivery.id):
        return None
    since, sender = work.now - budget.window, delivery.document.record.person_id
    recipient = (delivery.person_id, delivery.document.escalation_id)
    full = _full(ledger.begun_since(work.session, since, recipient=recipient), budget.to_one_about_one, budget)
    if sender is not None:
        full += _full(ledger.begun_since(work.session, since, sender=sender), budget.of_one, budget)
    return max(full, default=None)


def room_for_notification_from(work: Work, notification: Notification, budget: Budget) -> datetime | None:
    """The same for a message that is no document."""
    if notification.kind not in COUNTED:
        return None
    since = work.now - budget.window
    sent = notifications.accepted_since(work.session, since, notification.person_id, COUNTED)
    return max(_full(sent, budget.notifications, budget), default=None)


def _full(sent: Sequence[datetime], most: int, budget: Budget) -> list[datetime]:
    return [] if len(sent) < most else [sent[-most] + budget.window]


def put_with_others(work: Work, delivery: Delivery, moment: datetime) -> None:
    """Puts a delivery with all others of its person that wait: they go in one message, at this moment at the latest."""
    person = delivery.person
    kind = Kind.DOCUMENTS_WAITING
    waiting = notifications.open_together(work.session, kind, person.id)
    if waiting is None:
        waiting = notify(work, kind, person, key=str(delivery.id), not_before=moment)
    delivery.notification_id = waiting
    escalation = delivery.document.escalation
    work.note("delivery_put_with_others", board=escalation.board_id, escalation=escalation.id, about=delivery.id)
